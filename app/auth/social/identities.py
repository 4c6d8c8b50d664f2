"""Which account an identity belongs to, and how it comes to belong to one."""

import uuid

import sqlalchemy as sa

from app import accounts, audit
from app.access import Actor
from app.accounts import AddressTaken, User
from app.auth import registration
from app.auth.recent import require_recent
from app.auth.social.claimed import Claimed
from app.auth.social.models import Identity
from app.auth.social.settings import social
from app.auth.ways import keep_another
from app.db import Search, bind
from app.errors import Conflict, Forbidden, NotFound
from app.extensions import db


class SignInFirst(Conflict):
    title = "There is an account with this address already: sign in to it first, then link this way of signing in."


class AddressMissing(Conflict):
    title = "The provider gave no usable e-mail address: sign up with one, then link this way of signing in."


class AccountDisabled(Forbidden):
    title = "This account is disabled."


class IdentityTaken(Conflict):
    title = "Another account signs in with this already."


IDENTITIES = Search(
    columns=(
        Identity.id,
        Identity.provider,
        Identity.email,
        Identity.verified,
        Identity.linked_at,
        Identity.last_used_at,
    ),
    where=lambda: (Identity.account_id == bind("account_id", Identity.account_id),),
    key=Identity.id,
)


def listing(*, by: Actor):
    return IDENTITIES.listing({}, sort="-", account_id=by.user_id)


def account_of(person: Claimed, provider: str) -> User:
    """Whose account this is, locked: the one it is linked to, the one with the same verified address, or a new one."""
    alone_with(person)
    identity = found(person)
    user = accounts.lock(identity.account_id) if identity else None
    if identity is None or user is None:
        user = same_address(person) or newcomer(person)
        identity = add(person, provider, user.id)
    refuse_disabled(user)
    identity.email, identity.verified, identity.last_used_at = person.email, person.verified, sa.func.now()
    db.session.flush()
    return user


def enabled(account_id: uuid.UUID) -> User:
    """The account, locked. Raises AccountDisabled."""
    user = accounts.lock(account_id)
    refuse_disabled(user)
    return user


def refuse_disabled(user: User) -> None:
    if user.disabled_at is not None:
        raise AccountDisabled()


def alone_with(person: Claimed) -> None:
    """Two sign-ins of the same stranger at once: the second waits and finds what the first made."""
    key = sa.func.hashtextextended(f"{person.issuer} {person.subject}", 0)
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def found(person: Claimed) -> Identity | None:
    wanted = sa.select(Identity).where(Identity.issuer == person.issuer, Identity.subject == person.subject)
    return db.session.scalars(wanted).one_or_none()


def opens(person: Claimed, account_id: uuid.UUID | None) -> bool:
    """Whether this is an identity of the account."""
    identity = found(person)
    return identity is not None and identity.account_id == account_id


def same_address(person: Claimed) -> User | None:
    """Linked only where both sides have seen that the address is the person's; anything else would give accounts away."""
    if person.email is None:
        raise AddressMissing()
    known = accounts.find_by_email(person.email)
    if known is None:
        return None
    user = accounts.lock(known.id)
    if not person.verified or user.verified_at is None or user.email_key != accounts.normalise(person.email):
        raise SignInFirst()
    return user


def newcomer(person: Claimed) -> User:
    """An account without a password. Raises SignInFirst where somebody registers the address at this very moment."""
    assert person.email is not None
    try:
        return registration.make(person.email, person.name, None, verified=person.verified)
    except AddressTaken:
        raise SignInFirst() from None


def add(person: Claimed, provider: str, account_id: uuid.UUID) -> Identity:
    identity = Identity(
        account_id=account_id,
        provider=provider,
        issuer=person.issuer,
        subject=person.subject,
        email=person.email,
        verified=person.verified,
    )
    db.session.add(identity)
    db.session.flush()
    audit.record("auth.identity_linked", account_id=account_id, by=account_id, provider=provider)
    return identity


def link(person: Claimed, provider: str, *, by: Actor) -> Identity:
    """Add a way to sign in. Linking what is linked already changes nothing. Raises IdentityTaken."""
    assert by.user_id is not None
    alone_with(person)
    accounts.lock(by.user_id)
    identity = found(person)
    if identity is not None and identity.account_id != by.user_id:
        raise IdentityTaken()
    return identity or add(person, provider, by.user_id)


def unlink(identity_id: uuid.UUID, *, by: Actor) -> None:
    """Raises NotFound, LastWayIn, ReauthenticationRequired."""
    require_recent(by)
    assert by.user_id is not None
    keep_another(by.user_id, way(identity_id))
    mine = sa.delete(Identity).where(Identity.id == identity_id, Identity.account_id == by.user_id)
    provider = db.session.scalar(mine.returning(Identity.provider))
    if provider is None:
        raise NotFound("There is no such identity.")
    audit.record("auth.identity_unlinked", account_id=by.user_id, provider=provider)


def forget_all(account_id: uuid.UUID) -> None:
    """Somebody took the account back: whoever had got hold of it signs in through nobody any more."""
    gone = sa.delete(Identity).where(Identity.account_id == account_id).returning(Identity.provider)
    for provider in db.session.scalars(gone).all():
        audit.record("auth.identity_unlinked", account_id=account_id, provider=provider, reason="account recovered")


def ways(account_id: uuid.UUID) -> list[str]:
    """The identities that open the account, for :mod:`app.auth.ways`: those of providers that are on."""
    mine = sa.select(Identity.id).where(Identity.account_id == account_id, Identity.provider.in_(list(social().providers)))
    return [way(identity_id) for identity_id in db.session.scalars(mine)]


def way(identity_id: uuid.UUID) -> str:
    return f"identity:{identity_id}"
