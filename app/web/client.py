"""What we know of the other end of a connection."""

from flask import request


def client_address() -> str:
    """The caller's address, as far as the configured number of proxies can be trusted."""
    return request.remote_addr or "unknown"
