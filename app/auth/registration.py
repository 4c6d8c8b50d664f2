"""Making an account. Where addresses have to be confirmed, nobody learns here whether one had an account before."""

from collections.abc import Mapping
from typing import Any

from app import accounts, audit
from app.accounts import AddressTaken, User
from app.auth import captcha, mail_tokens, policy, verification
from app.auth.passwords import hasher
from app.auth.recovery import send_reset
from app.auth.sessions import Device, Tokens, complete
from app.db import unit_of_work


def register(email: str, password: str, name: str, solution: str | None = None, *, device: Device) -> Tokens | None:
    """The first session; None where a mail must be answered first, whoever's the address is.

    Raises PasswordRefused, CaptchaRequired and CaptchaFailed; AddressTaken only where an account can be used at once: there a
    stranger could find out by trying to sign in, whatever we answered here (decision 6).
    """
    password = policy.check(password, email=email, name=name)
    captcha.demand(solution, "register", device.address)
    password_hash = hasher().hash(password)
    with unit_of_work():
        if verification.required():
            claim(email, name, password_hash)
            return None
        return complete(make(email, name, password_hash), device)


def make(email: str, name: str, password_hash: str | None, *, verified: bool = False) -> User:
    """An account, with a mail that verifies its address unless somebody we trust says that it is this person's."""
    if mail_tokens.keeper(accounts.normalise(email)) is not None:
        raise AddressTaken(errors={"/email": "Sign in instead, or use another address."})
    user = accounts.create(email, name, password_hash, verified=verified)
    audit.record("auth.registered", account_id=user.id, by=user.id)
    if not verified:
        verification.send(user)
    return user


def claim(email: str, name: str, password_hash: str) -> None:
    """Make an account, or tell the owner of the address that somebody wanted to."""
    try:
        make(email, name, password_hash)
    except AddressTaken:
        told_owner(email, {"password_hash": password_hash, "name": name})


def told_owner(email: str, claim: Mapping[str, Any] | None = None) -> bool:
    """Mail to whose address it is, if it is somebody's: that there is an account, or the link that verifies it."""
    owner_id = mail_tokens.keeper(accounts.normalise(email))
    owner = accounts.find_by_email(email)
    if owner is not None and owner.verified_at is None:
        verification.send(accounts.lock(owner.id), claim)
    elif owner is not None or owner_id is not None:
        tell(owner or accounts.get(owner_id), email)
    return owner is not None or owner_id is not None


def tell(owner: User, email: str) -> None:
    audit.record("auth.registered_again", account_id=owner.id)
    send_reset(accounts.lock(owner.id), "auth.already_registered")
