"""Another address for an account: confirmed there, told here, and taken back from here for seven days."""

import datetime as dt

from app import accounts, audit
from app.access import Actor
from app.accounts import AddressTaken, User
from app.auth import mail_tokens, own_password, sessions
from app.auth.events import AccountRecovered
from app.auth.mail_tokens import CHANGE, RESET, UNDO, VERIFY
from app.auth.recovery import send_reset
from app.db import unit_of_work
from app.events import emit
from app.extensions import db
from app.notifications import send_mail


def ask(email: str, password: str, *, by: Actor) -> None:
    """Mail a link to the new address, and word to the old one. Raises WrongPassword.

    The owner of an address that is taken gets a mail about that; who asks does not learn it.
    """
    stored = own_password.prove(password, by=by, at="/password")
    with unit_of_work():
        user = own_password.locked(by, stored, at="/password")
        audit.record("auth.address_change_requested", account_id=user.id)
        if mail_tokens.too_many(CHANGE, user.id):
            return
        token = mail_tokens.make(CHANGE, user.id, {"email": email, "from": user.email_key})
        if is_free(email, user):
            send_mail(email, "auth.confirm_new_address", {"name": user.name, "token": token}, account_id=user.id)
        else:
            send_mail(email, "auth.address_in_use", {}, account_id=None)
        send_mail(user.email, "auth.address_change_requested", {"name": user.name, "email": email}, account_id=user.id)


def is_free(email: str, user: User) -> bool:
    key = accounts.normalise(email)
    owner = accounts.find_by_email(email)
    return (owner is None or owner.id == user.id) and mail_tokens.keeper(key) in (None, user.id)


def confirm(token: str) -> None:
    """The new address is theirs. Raises NoSuchLink, and AddressTaken if somebody has taken it since."""
    user_id, data = mail_tokens.use(CHANGE, token)
    user = accounts.lock(user_id)
    if data["from"] != user.email_key:
        raise mail_tokens.NoSuchLink()
    if not is_free(data["email"], user):
        raise AddressTaken("Somebody has made an account with this address since.")
    old, old_key, was_theirs = user.email, user.email_key, user.verified_at is not None
    move(user, data["email"])
    mail_tokens.drop(user.id, VERIFY, RESET, CHANGE)
    audit.record("auth.address_changed", account_id=user.id, by=user.id)
    # An old address that nobody ever confirmed may be a stranger's, by a slip of the keyboard: they get no way in.
    undo = mail_tokens.make(UNDO, user.id, {"email": old, "name": user.name}, keep=old_key) if was_theirs else None
    send_mail(old, "auth.address_was_changed", {"name": user.name, "token": undo}, account_id=user.id)
    send_mail(user.email, "auth.address_is_yours", {"name": user.name}, account_id=user.id)


def undo(token: str) -> None:
    """Back to the old address. Whoever changed it knew the password: it is void, and everybody is signed out. Raises NoSuchLink."""
    user_id, data = mail_tokens.use(UNDO, token)
    user = accounts.lock(user_id)
    taken = user.email
    move(user, data["email"])
    user.password_hash = None
    db.session.flush()
    mail_tokens.drop(user.id)
    sessions.end_everything(user.id, "change of address undone")
    emit(AccountRecovered(user.id))
    audit.record("auth.address_change_undone", account_id=user.id, by=user.id)
    send_mail(taken, "auth.address_was_taken_back", {"name": user.name}, account_id=user.id)
    send_reset(user, "auth.reset_after_undo")


def move(user: User, email: str) -> None:
    user.email, user.email_key = email, accounts.normalise(email)
    user.verified_at = dt.datetime.now(dt.UTC)
    db.session.flush()
