"""Where a request that signs somebody in comes from."""

from flask import request

from app.auth.sessions import Device
from app.web.client import client_address


def device() -> Device:
    return Device(request.headers.get("User-Agent", "")[:200], client_address())
