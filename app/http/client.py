"""One request over a connection of its own. A watchdog ends it in time, whoever drips what."""

import functools
import http.client
import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from app.http import breaker
from app.http.address import Target, parse, resolve
from app.http.errors import Away, TooLarge

CONNECT = 5.0
"""Seconds that one address may take to accept a connection."""
AGENT = "zero2hero-backend"


@dataclass(frozen=True, slots=True)
class Reply:
    """``headers`` have names in lower case; of one that is there twice, the values with a comma between."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def request(
    method: str,
    url: str,
    *,
    service: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = 10.0,
    most: int = 1_000_000,
    private: bool = False,
) -> Reply:
    """Ask another service; the answer, whatever its status. Redirects are not followed.

    ``service`` names the circuit breaker, ``timeout`` is for everything together, ``most`` the bytes of the answer.
    ``private`` is for addresses that the operator has set: they may lead into networks of one's own.
    Raises Refused, Away, TooLarge.
    """
    target = parse(url)
    deadline = time.monotonic() + timeout
    breaker.enter(service)
    try:
        # Nothing that a user chose fails a service: a refused or endless answer is theirs alone.
        reply = exchange(target, resolve(target, timeout=timeout, private=private), deadline, method, headers or {}, body, most)
    except Away as error:
        if not isinstance(error, TooLarge):
            breaker.failed(service)
        raise
    (breaker.failed if reply.status >= 500 else breaker.succeeded)(service)
    return reply


def exchange(target: Target, addresses, deadline: float, method: str, headers: Mapping[str, str], body: bytes | None, most: int) -> Reply:
    raw = connect(addresses, target.port, deadline)
    watchdog = Watchdog(raw, deadline)
    connection = http.client.HTTPConnection(target.host, target.port)
    try:
        connection.sock = secured(raw, target) if target.scheme == "https" else raw
        connection.request(method, target.path, body, {**defaults(target), **headers})
        response = connection.getresponse()
        content = b"" if method == "HEAD" else read(response, most)
        if watchdog.bit:
            raise Away("It took too long.")
        return Reply(response.status, joined(response.getheaders()), content)
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(error, ValueError) and not isinstance(error, ssl.SSLError) and not watchdog.bit:
            raise  # a header of ours with a line break: our own mistake, not the other side's
        raise Away("It took too long." if watchdog.bit else type(error).__name__) from None
    finally:
        watchdog.stop()
        connection.close()
        raw.close()


def connect(addresses, port: int, deadline: float) -> socket.socket:
    """The first address that accepts, in the order of the resolver."""
    for address in addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            made = socket.create_connection((address, port), timeout=min(CONNECT, left))
        except OSError:
            continue
        made.settimeout(max(deadline - time.monotonic(), 0.001))
        return made
    raise Away("It does not accept connections.")


def secured(raw: socket.socket, target: Target) -> ssl.SSLSocket:
    """TLS with the name that was asked for, though we connected to an address."""
    return trusted(os.environ.get("SSL_CERT_FILE")).wrap_socket(raw, server_hostname=target.host)


@functools.lru_cache(2)
def trusted(_file: str | None) -> ssl.SSLContext:
    return ssl.create_default_context()


def defaults(target: Target) -> dict[str, str]:
    # Unasked-for compression could hide a gigabyte in a megabyte.
    return {"Host": target.authority, "User-Agent": AGENT, "Accept-Encoding": "identity", "Connection": "close"}


def read(response: http.client.HTTPResponse, most: int) -> bytes:
    """Whatever the answer says of its own length, no more than `most` bytes are taken."""
    expected = response.length
    if (expected or 0) > most:
        raise TooLarge()
    parts, size = [], 0
    while size != expected and (part := response.read1(65_536 if expected is None else min(65_536, expected - size))):
        size += len(part)
        if size > most:
            raise TooLarge()
        parts.append(part)
    if expected is not None and size < expected:
        raise Away("The answer broke off.")
    return b"".join(parts)


def joined(pairs) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


class Watchdog:
    """Cuts a connection at its deadline. A socket's own time-out begins anew with every byte."""

    def __init__(self, raw: socket.socket, deadline: float):
        self.bit = False
        self._handle = raw.dup()  # TLS takes the original away; what is shut down here is the connection itself
        self._timer = threading.Timer(max(deadline - time.monotonic(), 0.0), self._bite)
        self._timer.daemon = True
        self._timer.start()

    def _bite(self) -> None:
        self.bit = True
        try:
            self._handle.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has ended by itself

    def stop(self) -> None:
        self._timer.cancel()
        self._handle.close()
