"""The passkeys of a person: added, listed, renamed, removed, used."""

import logging
import uuid
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from webauthn.helpers.structs import AuthenticatorTransport

from app import accounts, audit
from app.access import Actor
from app.auth import ways
from app.auth.factors import ceremony, held
from app.auth.factors.ceremony import NotAnswered
from app.auth.factors.models import Passkey
from app.auth.factors.telling import tell
from app.auth.recent import proved, require_recent
from app.db import Search, bind, new_id, take, unit_of_work
from app.errors import Conflict, Forbidden, NotFound
from app.extensions import db

log = logging.getLogger(__name__)

MOST = 25
TRANSPORTS = frozenset(transport.value for transport in AuthenticatorTransport)


class PasskeyRefused(Forbidden):
    title = "The authenticator's answer is not one to our challenge. Begin again."


class TooManyPasskeys(Conflict):
    title = f"There are {MOST} passkeys already: remove one first."


class NoSuchPasskey(NotFound):
    title = "There is no such passkey."


PASSKEYS = Search(
    columns=(Passkey.id, Passkey.name, Passkey.transports, Passkey.backed_up, Passkey.created_at, Passkey.last_used_at, Passkey.version),
    where=lambda: (Passkey.user_id == bind("user_id", Passkey.user_id),),
    key=Passkey.id,
)


def listing(*, by: Actor):
    return PASSKEYS.listing({}, sort="-", user_id=by.user_id)


def begin(*, by: Actor) -> dict[str, Any]:
    """What the browser needs to make a passkey. Raises ReauthenticationRequired, TooManyPasskeys."""
    require_recent(by)
    user = accounts.lock(by.user_id)
    return ceremony.creation_options(user, room(user.id))


def add(name: str, credential: Mapping[str, Any], *, by: Actor) -> Passkey:
    """Raises PasskeyRefused, which spends the challenge, TooManyPasskeys, ReauthenticationRequired."""
    require_recent(by)
    with unit_of_work():
        made = added(name, credential, by)
    if made is None:
        raise PasskeyRefused()
    return made


def added(name: str, credential: Mapping[str, Any], by: Actor) -> Passkey | None:
    user = accounts.lock(by.user_id)
    room(user.id)
    try:
        found = ceremony.registered(credential, user.id)
    except NotAnswered:
        return None
    row = {
        "id": new_id(),
        "user_id": user.id,
        "name": name,
        "credential_id": found.credential_id,
        "public_key": found.credential_public_key,
        "sign_count": found.sign_count,
        "transports": sorted(TRANSPORTS & set(credential["response"].get("transports") or ())),
        "backed_up": found.credential_backed_up,
    }
    made = db.session.scalar(insert(Passkey).values(row).on_conflict_do_nothing().returning(Passkey.id))
    if made is None:
        return None
    audit.record("auth.passkey_added", account_id=user.id, passkey=str(made), name=name)
    tell(user, f"The passkey “{name}” was added to your account.")
    proved(held.PASSKEY, by=by)
    return db.session.get_one(Passkey, made)


def room(user_id: uuid.UUID) -> list[Passkey]:
    existing = of(user_id)
    if len(existing) >= MOST:
        raise TooManyPasskeys()
    return existing


def of(user_id: uuid.UUID) -> list[Passkey]:
    return list(db.session.scalars(sa.select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)))


def rename(passkey_id: uuid.UUID, name: str, *, by: Actor) -> Passkey:
    passkey = take(sa.select(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == by.user_id))
    if passkey is None:
        raise NoSuchPasskey()
    passkey.name = name
    db.session.flush()
    audit.record("auth.passkey_renamed", passkey=str(passkey_id), name=name)
    return passkey


def remove(passkey_id: uuid.UUID, *, by: Actor) -> None:
    """Raises NoSuchPasskey, LastWayIn, ReauthenticationRequired, SecondFactorRequired."""
    require_recent(by)
    # The account before the passkey: everybody locks in this order.
    user = accounts.lock(by.user_id)
    passkey = take(sa.select(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == user.id))
    if passkey is None:
        raise NoSuchPasskey()
    ways.keep_another(user.id, losing=ways.passkey(passkey_id))
    db.session.delete(passkey)
    db.session.flush()
    held.lost(user)
    audit.record("auth.passkey_removed", account_id=user.id, passkey=str(passkey_id), name=passkey.name)
    tell(user, f"The passkey “{passkey.name}” was removed from your account.")


def owner(credential: Mapping[str, Any]) -> uuid.UUID | None:
    """Whose passkey it says it is; proves nothing."""
    return db.session.scalar(sa.select(Passkey.user_id).where(Passkey.credential_id == raw_id(credential)))


def use(credential: Mapping[str, Any], purpose: str, owner_id: uuid.UUID, asked: uuid.UUID | None, verify) -> bool:
    """Whether the answer proves that the owner, whose account is locked, is there. ``asked`` is for whom the challenge was made.

    A counter that has not grown means that the passkey was copied (WebAuthn, section 6.1.1): refused, and written down.
    """
    try:
        challenge = ceremony.spend(credential, purpose, asked)
        mine = sa.select(Passkey).where(Passkey.credential_id == raw_id(credential), Passkey.user_id == owner_id)
        passkey = db.session.scalars(mine.with_for_update().execution_options(populate_existing=True)).one_or_none()
        if passkey is None:
            return False
        found = ceremony.asserted(credential, challenge, passkey, verify)
    except NotAnswered:
        return False
    count = found.new_sign_count
    if (count or passkey.sign_count) and count <= passkey.sign_count:
        log.warning("the counter of a passkey went back", extra={"account": str(owner_id)})
        audit.record("auth.passkey_copied", account_id=owner_id, passkey=str(passkey.id))
        return False
    used = sa.update(Passkey).where(Passkey.id == passkey.id)
    values = {"sign_count": count, "last_used_at": sa.func.now(), "backed_up": found.credential_backed_up}
    db.session.execute(used.values(values).execution_options(synchronize_session=False))
    return True


def raw_id(credential: Mapping[str, Any]) -> bytes:
    try:
        return ceremony.base64url_to_bytes(credential["rawId"])
    except ValueError:
        return b""
