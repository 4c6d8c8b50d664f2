"""An address is somebody's once they have followed a link that was sent there."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask import current_app

from app import accounts, audit
from app.accounts import User
from app.auth import captcha, mail_tokens, sessions
from app.auth.events import AccountRecovered
from app.auth.mail_tokens import VERIFY, NoSuchLink
from app.background import background
from app.db import unit_of_work
from app.events import emit
from app.extensions import db
from app.notifications import send_mail


def required() -> bool:
    return current_app.config["AUTH_VERIFICATION"] == "required"


def send(user: User, claim: Mapping[str, Any] | None = None) -> None:
    """Mail a link, in the open unit of work. ``claim`` is what a later registration of the address said: see :func:`confirm`."""
    if mail_tokens.too_many(VERIFY, user.id):
        return
    token = mail_tokens.make(VERIFY, user.id, {"email_key": user.email_key, **(claim or {})})
    send_mail(user.email, "auth.verify_address", {"name": user.name, "token": token}, account_id=user.id)


def ask_again(email: str, solution: str | None, *, address: str) -> None:
    """Another mail, if the address waits for one; who asks does not learn whether it does."""
    captcha.demand(solution, "verify", address)
    with unit_of_work():
        send_again.enqueue(email=email)


@background("auth.send_verification")
def send_again(email: str) -> None:
    """Mail another link to an address that is not verified yet."""
    user = accounts.find_by_email(email)
    if user is not None and user.verified_at is None and user.disabled_at is None:
        send(accounts.lock(user.id))


def confirm(token: str) -> None:
    """The address is verified. Raises NoSuchLink.

    An account that was never verified belongs to nobody yet: whoever follows the link of a later registration gets it with the
    password of that registration, and whatever somebody else had done with it ends.
    """
    user_id, data = mail_tokens.use(VERIFY, token)
    user = accounts.lock(user_id)
    if data["email_key"] != user.email_key:
        raise NoSuchLink()
    if "password_hash" in data and user.verified_at is None:
        user.password_hash, user.name = data["password_hash"], data["name"]
        sessions.end_everything(user.id, "claimed by the owner of the address")
        emit(AccountRecovered(user.id))
    user.verified_at = user.verified_at or dt.datetime.now(dt.UTC)
    db.session.flush()
    mail_tokens.drop(user.id, VERIFY)
    audit.record("auth.address_verified", account_id=user.id, by=user.id)
