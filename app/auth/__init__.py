"""Signing in: passwords, sessions, tokens. Import from here, not from the files inside."""

from app.auth.bearer import verify
from app.auth.known import forget_user
from app.auth.passwords import hasher
from app.auth.sessions import Device, Tokens, complete, give, start

__all__ = ["Device", "Tokens", "complete", "forget_user", "give", "hasher", "start", "verify"]
