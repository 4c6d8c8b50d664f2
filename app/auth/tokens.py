"""Personal access tokens: made for a program, limited to scopes, shown once."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app import audit
from app.access import Actor
from app.auth import secrets
from app.auth.known import forget_token
from app.auth.models import PersonalToken
from app.auth.recent import require_recent
from app.db import Search, after_commit, bind
from app.errors import Conflict, Forbidden, MissingPermission, NotFound
from app.extensions import db

SHOWN = 12
"""Characters of a token that stay visible, so that its owner can tell it from others."""


@dataclass(frozen=True)
class NewToken:
    """A token at the only moment at which it is known."""

    id: uuid.UUID
    name: str
    prefix: str
    scopes: list[str]
    created_at: dt.datetime
    expires_at: dt.datetime | None
    last_used_at: None
    token: str


TOKENS = Search(
    columns=(
        PersonalToken.id,
        PersonalToken.name,
        PersonalToken.prefix,
        PersonalToken.scopes,
        PersonalToken.created_at,
        PersonalToken.expires_at,
        PersonalToken.last_used_at,
    ),
    where=lambda: (PersonalToken.user_id == bind("user_id", PersonalToken.user_id), PersonalToken.revoked_at.is_(None)),
    key=PersonalToken.id,
)


def listing(*, by: Actor):
    return TOKENS.listing({}, sort="-", user_id=by.user_id)


def create(name: str, scopes: Sequence[str], expires_at: dt.datetime | None, *, by: Actor) -> NewToken:
    """Raises MissingPermission for scopes that the person has not got, Forbidden when a token asks for a token,
    ReauthenticationRequired."""
    if by.token_id is not None:
        raise Forbidden("A token cannot make tokens: sign in for that.")
    require_recent(by)
    if missing := sorted(set(scopes) - by.permissions):
        raise MissingPermission(errors={"/scopes": f"You do not have {', '.join(missing)}."})
    if expires_at is not None and expires_at <= dt.datetime.now(dt.UTC):
        raise Conflict("A token cannot have expired before it is made.", errors={"/expires_at": "Must be in the future."})
    token = secrets.new(secrets.PERSONAL)
    row = PersonalToken(
        user_id=by.user_id,
        name=name,
        prefix=token[:SHOWN],
        hash=secrets.digest(token),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("auth.token_created", account_id=by.user_id, token_id=str(row.id), scopes=row.scopes)
    return NewToken(row.id, row.name, row.prefix, row.scopes, row.created_at, row.expires_at, None, token)


def revoke(token_id: uuid.UUID, *, by: Actor) -> None:
    mine = sa.update(PersonalToken).where(
        PersonalToken.id == token_id, PersonalToken.user_id == by.user_id, PersonalToken.revoked_at.is_(None)
    )
    if not db.session.execute(mine.values(revoked_at=sa.func.now())).rowcount:  # type: ignore[attr-defined]
        raise NotFound("There is no such token.")
    after_commit(lambda: forget_token(token_id))
    audit.record("auth.token_revoked", account_id=by.user_id, token_id=str(token_id))


def revoke_all(user_id: uuid.UUID) -> None:
    living = sa.update(PersonalToken).where(PersonalToken.user_id == user_id, PersonalToken.revoked_at.is_(None))
    ended = living.values(revoked_at=sa.func.now()).returning(PersonalToken.id).execution_options(synchronize_session=False)
    for token_id in db.session.scalars(ended).all():
        after_commit(lambda token_id=token_id: forget_token(token_id))
