"""Signing in: passwords, sessions, tokens, second factors. Import from here, not from the files inside."""

from app.auth.bearer import verify
from app.auth.factors.pending import SecondFactor
from app.auth.known import forget_user
from app.auth.passwords import hasher
from app.auth.recent import ReauthenticationRequired, require_recent
from app.auth.sessions import Device, Tokens, complete, give, start
from app.auth.ways import LastWayIn, keep_another, register_ways, ways_in

__all__ = [
    "Device",
    "LastWayIn",
    "ReauthenticationRequired",
    "SecondFactor",
    "Tokens",
    "complete",
    "forget_user",
    "give",
    "hasher",
    "keep_another",
    "register_ways",
    "require_recent",
    "start",
    "verify",
    "ways_in",
]
