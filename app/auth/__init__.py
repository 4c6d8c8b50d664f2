"""Signing in: passwords, sessions, tokens. Import from here, not from the files inside."""

from app.auth.bearer import verify
from app.auth.known import forget_user
from app.auth.passwords import hasher
from app.auth.sessions import Tokens, give, start

__all__ = ["Tokens", "forget_user", "give", "hasher", "start", "verify"]
