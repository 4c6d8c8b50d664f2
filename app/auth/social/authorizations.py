"""The beginning: where the person is sent, and what we remember of it for ten minutes."""

import datetime as dt
import uuid
from dataclasses import dataclass

import sqlalchemy as sa

from app.access import Actor
from app.auth import secrets
from app.auth.social.models import Flow
from app.auth.social.provider import Visit
from app.auth.social.settings import provider_of, social
from app.auth.social.trouble import Trouble
from app.db import unit_of_work
from app.errors import Forbidden, Unauthorized, Unavailable
from app.extensions import db

STATE = "z2h_ss_"
LIFE = dt.timedelta(minutes=10)


class RedirectNotRegistered(Forbidden):
    title = "No app is registered for this redirect."


@dataclass(frozen=True)
class Begun:
    url: str
    expires_at: dt.datetime


def begin(name: str, *, binding: str, redirect: str | None, link: bool, root: str, by: Actor | None) -> Begun:
    """``binding`` is the client's own secret: what comes of this can be had only with it. ``root`` is our address as the client sees it.

    Raises NotFound, RedirectNotRegistered, Unavailable, and Unauthorized or Forbidden where somebody links who may not.
    """
    provider = provider_of(name)
    if redirect is not None and redirect not in social().native:
        raise RedirectNotRegistered()
    account_id = who_links(by) if link else None
    visit = Visit(secrets.new(STATE), f"{social().public_url or root.rstrip('/')}/api/v1/auth/social/{name}/callback")
    try:
        url = provider.authorization_url(visit)
    except Trouble:
        raise Unavailable(f"{provider.title} cannot be reached.", headers={"Retry-After": "30"}) from None
    expires_at = dt.datetime.now(dt.UTC) + LIFE
    with unit_of_work():
        db.session.add(
            Flow(
                provider=name,
                state_hash=secrets.digest(visit.state),
                binding_hash=secrets.digest(binding),
                callback=visit.callback,
                native=redirect,
                account_id=account_id,
                expires_at=expires_at,
            )
        )
    return Begun(url, expires_at)


def who_links(by: Actor | None) -> uuid.UUID | None:
    if by is None:
        raise Unauthorized()
    by.require("accounts.write")
    if by.session_id is None:
        raise Forbidden("A token does not sign in through others: its owner does.")
    return by.user_id


def forget_old() -> None:
    """Visits that nobody came back from, and whatever a provider said in them."""
    db.session.execute(sa.delete(Flow).where(Flow.expires_at <= sa.func.now()))
