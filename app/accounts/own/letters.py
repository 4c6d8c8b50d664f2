"""Mail to the person whose account it is."""

import contextlib
import datetime as dt
from typing import Any

from app.accounts.models import User
from app.notifications import BadAddress, send_mail


def tell(user: User, template: str, **data: Any) -> None:
    """Write them a mail. Some old address may be one that mail cannot reach, which must stop nothing."""
    given = {name: day(value) if isinstance(value, dt.datetime) else value for name, value in data.items()}
    with contextlib.suppress(BadAddress):
        send_mail(user.email, template, {"name": user.name, **given}, account_id=user.id)


def day(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
