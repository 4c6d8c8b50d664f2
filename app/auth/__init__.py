"""Signing in: passwords, sessions, tokens. Import from here, not from the files inside."""

from app.auth.bearer import verify
from app.auth.impersonation import end_impersonation, end_impersonations, impersonate
from app.auth.known import forget_role, forget_user
from app.auth.passwords import hasher
from app.auth.sessions import Tokens, confirm_password, end_all, give, start

__all__ = [
    "Tokens",
    "confirm_password",
    "end_all",
    "end_impersonation",
    "end_impersonations",
    "forget_role",
    "forget_user",
    "give",
    "hasher",
    "impersonate",
    "start",
    "verify",
]
