"""Signing in: passwords, sessions, tokens. Import from here, not from the files inside."""

from app.auth.known import forget_user
from app.auth.passwords import hasher
from app.auth.sessions import Tokens, give, start
from app.auth.bearer import verify

__all__ = ["Tokens", "forget_user", "give", "hasher", "start", "verify"]
