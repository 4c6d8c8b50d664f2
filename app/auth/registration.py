"""Making an account. Where addresses have to be confirmed, nobody learns here whether one had an account before."""

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


def make(email: str, name: str, password_hash: str) -> User:
    if mail_tokens.keeper(accounts.normalise(email)) is not None:
        raise AddressTaken(errors={"/email": "Sign in instead, or use another address."})
    user = accounts.create(email, name, password_hash)
    audit.record("auth.registered", account_id=user.id, by=user.id)
    verification.send(user)
    return user


def claim(email: str, name: str, password_hash: str) -> None:
    """Make an account, or tell the owner of the address that somebody wanted to."""
    try:
        make(email, name, password_hash)
    except AddressTaken:
        owner_id = mail_tokens.keeper(accounts.normalise(email))
        owner = accounts.find_by_email(email)
        if owner is not None and owner.verified_at is None:
            verification.send(accounts.lock(owner.id), {"password_hash": password_hash, "name": name})
        elif owner is not None or owner_id is not None:
            tell(owner or accounts.get(owner_id), email)


def tell(owner: User, email: str) -> None:
    audit.record("auth.registered_again", account_id=owner.id)
    send_reset(accounts.lock(owner.id), "auth.already_registered")
