"""Signing in: passwords, sessions, tokens, second factors. Import from here, not from the files inside."""

from app.auth.bearer import verify
from app.auth.factors.pending import SecondFactor
from app.auth.impersonation import end_impersonation, end_impersonations, impersonate
from app.auth.known import forget_role, forget_user
from app.auth.own_password import prove as prove_password
from app.auth.passwords import hasher
from app.auth.recent import ReauthenticationRequired, require_recent
from app.auth.recovery import send_reset
from app.auth.sessions import Device, Tokens, WrongPassword, complete, end_all, give, start
from app.auth.ways import LastWayIn, keep_another, register_ways, ways_in

__all__ = [
    "Device",
    "LastWayIn",
    "ReauthenticationRequired",
    "SecondFactor",
    "Tokens",
    "WrongPassword",
    "complete",
    "end_all",
    "end_impersonation",
    "end_impersonations",
    "forget_role",
    "forget_user",
    "give",
    "hasher",
    "impersonate",
    "keep_another",
    "prove_password",
    "register_ways",
    "require_recent",
    "send_reset",
    "start",
    "verify",
    "ways_in",
]
