"""Which addresses may be connected to. The name is resolved once, and what was checked is what is connected to.

Against server-side request forgery: https://cheatsheetseries.owasp.org, "Server Side Request Forgery Prevention".
"""

import ipaddress
import queue
import re
import socket
import threading
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from flask import current_app

from app.http.errors import Away, Refused

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

OTHER_SERVICES = frozenset({1433, 1521, 2049, 2375, 2379, 3306, 3389, 5432, 5900, 5984, 6379, 9042, 9200, 11211, 27017})
"""Ports from 1024 on where something listens that might take a request for something else."""

TRANSLATED = tuple(
    ipaddress.ip_network(network)
    # NAT64, 6to4, Teredo, IPv4-compatible, site-local, 6to4 relays: they lead to an IPv4 address that nobody has checked.
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10", "192.88.99.0/24")
)


class Target(NamedTuple):
    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"http": 80, "https": 443}[self.scheme] else f"{host}:{self.port}"


def parse(url: str) -> Target:
    """Raises Refused for what is no plain http or https address."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        host = (parts.hostname or "").rstrip(".")
        ascii_host = host if ":" in host else host.encode("idna").decode("ascii")
    except (ValueError, KeyError):
        raise Refused("Only http:// and https:// addresses are asked.") from None
    if re.search(r"[\x00-\x20\x7f\\]", url) or not ascii_host or "%" in ascii_host:
        raise Refused("The address is not well-formed.")
    if "@" in parts.netloc:
        raise Refused("The address must not hold a user or a password.")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = f"?{quote(parts.query, safe='/?%:@!$&()*+,;=~-._')}" if parts.query else ""
    return Target(parts.scheme, ascii_host, port, path + query)


def check(url: str) -> None:
    """What can be said of an address without asking DNS. Raises Refused."""
    target = parse(url)
    try:
        ipaddress.ip_address(target.host)
    except ValueError:
        if target.host == "localhost" or target.host.endswith(".localhost"):
            resolve(target, timeout=1.0, private=False)
    else:
        resolve(target, timeout=1.0, private=False)


def resolve(target: Target, *, timeout: float, private: bool) -> Sequence[str]:
    """The addresses to connect to. Raises Refused if but one of them is forbidden, Away where the name leads nowhere in time."""
    own = current_app.config["HTTP_PRIVATE_NETWORKS"]
    found = [ipaddress.ip_address(text) for text in look_up(target.host, target.port, timeout)]
    allowed = [any(ip in network for network in own) for ip in found]
    if not all(fine or permitted(ip, private=private) for fine, ip in zip(allowed, found, strict=True)):
        raise Refused("The address leads into a network that this service does not connect to.")
    if not private and not all(allowed) and (target.port in OTHER_SERVICES or (target.port < 1024 and target.port not in {80, 443})):
        raise Refused("The address has a port that this service does not connect to.")
    return [str(ip) for ip in found]


def permitted(ip: IP, *, private: bool) -> bool:
    """Public addresses; with ``private`` those of one's own networks and of this machine, too, never link-local ones."""
    if ip.is_multicast or ip.is_link_local or ip.is_unspecified:
        return False
    if private and (ip.is_loopback or (ip.is_private and not ip.is_reserved)):
        return True
    if isinstance(ip, ipaddress.IPv6Address) and (ip.ipv4_mapped is not None or ip.scope_id is not None):
        return False
    return ip.is_global and not ip.is_reserved and not any(ip in network for network in TRANSLATED)


def look_up(host: str, port: int, timeout: float) -> Sequence[str]:
    """Ask DNS once, and no longer than `timeout`: the system's resolver has no time-out of its own."""
    answer: queue.SimpleQueue = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            answer.put([])

    threading.Thread(target=ask, name="dns", daemon=True).start()
    try:
        found = answer.get(timeout=max(timeout, 0.001))
    except queue.Empty:
        found = []
    if not found:
        raise Away("The name of the other service leads nowhere.")
    return list(dict.fromkeys(entry[4][0] for entry in found))
