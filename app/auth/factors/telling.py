"""Whoever owns the account is told by mail when its factors change: they may not have done it."""

from app.accounts import User
from app.notifications import send_mail


def tell(user: User, what: str) -> None:
    """``what`` is a sentence. In the open unit of work."""
    send_mail(user.email, "auth.second_factor_changed", {"name": user.name, "what": what}, account_id=user.id)
