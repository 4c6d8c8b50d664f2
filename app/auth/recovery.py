"""A forgotten password is replaced by whoever receives mail at the address of the account."""

import datetime as dt

from app import accounts, audit
from app.accounts import User
from app.auth import captcha, guard, mail_tokens, places, policy, sessions
from app.auth.events import AccountRecovered
from app.auth.mail_tokens import RESET, NoSuchLink
from app.auth.passwords import hasher
from app.auth.sessions import Device
from app.background import background
from app.db import unit_of_work
from app.events import emit
from app.extensions import db
from app.notifications import send_mail


def ask(email: str, solution: str | None, *, address: str) -> None:
    """A mail, if there is such an account. What tells the two apart happens later, in a worker."""
    captcha.demand(solution, "reset", address)
    with unit_of_work():
        mail_reset.enqueue(email=email, address=address)


@background("auth.send_reset")
def mail_reset(email: str, address: str) -> None:
    """Mail a link that sets a new password."""
    user = accounts.find_by_email(email)
    if user is None or user.disabled_at is not None:
        return
    audit.record("auth.reset_requested", account_id=user.id, asked_from=address)
    send_reset(accounts.lock(user.id), "auth.reset_password")


def send_reset(user: User, template: str) -> None:
    if mail_tokens.too_many(RESET, user.id):
        return
    token = mail_tokens.make(RESET, user.id, {"email_key": user.email_key})
    send_mail(user.email, template, {"name": user.name, "token": token}, account_id=user.id)


def reset(token: str, password: str, *, device: Device) -> None:
    """The new password; all sessions and personal tokens end. Raises NoSuchLink and PasswordRefused, which leaves the link usable."""
    owner = accounts.get(mail_tokens.owner(RESET, token))
    password = policy.check(password, email=owner.email, name=owner.name)
    password_hash = hasher().hash(password)
    with unit_of_work():
        user_id, data = mail_tokens.use(RESET, token)
        user = accounts.lock(user_id)
        if user.disabled_at is not None or data["email_key"] != user.email_key:
            raise NoSuchLink()
        user.password_hash = password_hash
        if user.verified_at is None:
            # Whoever made the account with somebody else's address is out.
            emit(AccountRecovered(user.id))
        user.verified_at = user.verified_at or dt.datetime.now(dt.UTC)
        db.session.flush()
        sessions.end_everything(user.id, "password reset")
        mail_tokens.drop(user.id, RESET, mail_tokens.VERIFY, mail_tokens.CHANGE)
        # Whoever reads the mail of the person is no stranger: a log-in from here passes while others guess.
        places.remember(user.id, user.email_key, device.address)
        audit.record("auth.password_reset", account_id=user.id, by=user.id)
        send_mail(user.email, "auth.password_was_changed", {"name": user.name, "how": "reset"}, account_id=user.id)
        guard.lift(user.email_key)
