"""The return: the provider sends the person back with a code, which we exchange for who they are.

Nothing happens to any account here, because whoever opens this address may have been sent by somebody else: only
the client that began can make something of it (:mod:`app.auth.social.handover`).
"""

import dataclasses
import datetime as dt
import logging
from urllib.parse import urlencode

import sqlalchemy as sa

from app import audit
from app.auth import secrets
from app.auth.social.claimed import Claimed
from app.auth.social.models import Flow
from app.auth.social.provider import Provider, Visit
from app.auth.social.settings import provider_of, social
from app.auth.social.trouble import Denied, Distrusted, Trouble
from app.db import unit_of_work
from app.extensions import db

log = logging.getLogger(__name__)

HANDOVER = "z2h_sh_"
LIFE = dt.timedelta(seconds=60)
PAGE = "/#/signing-in"
EXPIRED = "expired"
"""The code for a state that is unknown, used or too old."""


def come_back(name: str, *, state: str | None = None, code: str | None = None, error: str | None = None, iss: str | None = None) -> str:
    """The address to send the person to, with a hand-over code or the code of an error. Raises NotFound for an unknown provider."""
    provider = provider_of(name)
    flow = claim(name, state) if state else None
    if flow is None or state is None:
        return target(None, error=EXPIRED)
    try:
        person = told(provider, Visit(state, flow.callback), code, error, iss)
    except Trouble as trouble:
        refused(name, trouble)
        return target(flow.native, error=trouble.code)
    return target(flow.native, code=keep(flow, person))


def claim(name: str, state: str) -> sa.Row | None:
    """The visit that this state belongs to, once: of two callbacks at the same moment one gets it."""
    waiting = sa.update(Flow).where(
        Flow.state_hash == secrets.digest(state), Flow.provider == name, Flow.called_at.is_(None), Flow.expires_at > sa.func.now()
    )
    with unit_of_work():
        return db.session.execute(waiting.values(called_at=sa.func.now()).returning(Flow.id, Flow.callback, Flow.native)).one_or_none()


def told(provider: Provider, visit: Visit, code: str | None, error: str | None, iss: str | None) -> Claimed:
    """What the provider says, with no transaction open while it is being asked."""
    if iss is not None and iss != provider.issuer:
        # RFC 9207: the answer of one provider must not be taken for another's.
        raise Distrusted("another issuer answered")
    if error is not None or not code:
        raise Denied("the provider gave no code") if error == "access_denied" else Trouble("the provider gave an error")
    return provider.person(code, visit)


def refused(name: str, trouble: Trouble) -> None:
    log.info("social sign-in refused: %s", trouble.reason, extra={"provider": name})
    with unit_of_work():
        audit.record("auth.social_refused", provider=name, error=trouble.code)


def keep(flow: sa.Row, person: Claimed) -> str:
    """Who came back, for a minute; the secret that hands it over."""
    handover = secrets.new(HANDOVER)
    values = {
        "handover_hash": secrets.digest(handover),
        "claimed": dataclasses.asdict(person),
        "expires_at": dt.datetime.now(dt.UTC) + LIFE,
    }
    with unit_of_work():
        db.session.execute(sa.update(Flow).where(Flow.id == flow.id).values(values))
    return handover


def target(native: str | None, **query: str) -> str:
    """The app's own address, or the page of the console: there behind the #, which no server ever sees."""
    return f"{native or social().public_url + PAGE}?{urlencode(query)}"
