"""The end: the client that began exchanges the code for what came of it.

The code travelled through an address, where others may have seen it: it works once, for a minute, and only
together with the binding, which never left the client until now. Whoever lured somebody else to the provider has
no code; whoever was lured has no binding (RFC 9700, section 4.7).
"""

import hmac
from dataclasses import dataclass

import sqlalchemy as sa

from app import audit
from app.access import Actor
from app.auth import registration, secrets, sessions, verification
from app.auth.factors.pending import SecondFactor
from app.auth.factors.step_up import NotProven
from app.auth.models import Session
from app.auth.recent import proved, require_recent
from app.auth.social import callback, identities
from app.auth.social.claimed import Claimed
from app.auth.social.models import Flow, Identity
from app.db import unit_of_work
from app.errors import Forbidden
from app.extensions import db


class HandoverRefused(Forbidden):
    title = "The code is wrong, used or expired, or another client began this: begin again."


@dataclass(frozen=True)
class Handed:
    provider: str
    person: Claimed


def take_over(code: str, binding: str, *, by: Actor | None) -> Handed:
    """What a code stands for; used up whatever follows. ``by`` is whom it links to; None for a sign-in. Raises HandoverRefused."""
    with unit_of_work():
        flow = used_up(code) if secrets.well_formed(code, callback.HANDOVER) else None
    bound = flow is not None and hmac.compare_digest(flow.binding_hash, secrets.digest(binding))
    if flow is None or not bound or flow.account_id != (by.user_id if by else None):
        raise HandoverRefused()
    return Handed(flow.provider, Claimed(**flow.claimed))


def used_up(code: str) -> sa.Row | None:
    ready = sa.delete(Flow).where(Flow.handover_hash == secrets.digest(code), Flow.expires_at > sa.func.now())
    wanted = (Flow.provider, Flow.binding_hash, Flow.account_id, Flow.claimed)
    return db.session.execute(ready.returning(*wanted).execution_options(synchronize_session=False)).one_or_none()


def sign_in(code: str, binding: str, *, device: sessions.Device) -> sessions.Tokens | SecondFactor:
    """A session for who came back, or what is still to be proven. Raises HandoverRefused, SignInFirst, AddressMissing, AccountDisabled, AddressNotVerified."""
    handed = take_over(code, binding, by=None)
    if unproven(handed.person):
        raise sessions.AddressNotVerified()
    with unit_of_work():
        account_id = identities.account_of(handed.person, handed.provider).id
    # Apart: an account that was made, and the mail that verifies its address, stay although nobody may sign in before that.
    with unit_of_work():
        return sessions.complete(identities.enabled(account_id), device, (f"social:{handed.provider}",))


def unproven(person: Claimed) -> bool:
    """Whether somebody's address is only claimed, where addresses have to be confirmed, and it is another's or not.

    They hear the same as a newcomer does: whoever claims addresses there does not learn which have an account here.
    """
    if not verification.required() or person.verified or person.email is None:
        return False
    with unit_of_work():
        if identities.found(person) is not None:
            return False
        return registration.told_owner(person.email)


def link(code: str, binding: str, *, by: Actor) -> Identity:
    """The identity, added to the account of who began and is signed in. Raises ReauthenticationRequired, which leaves the code
    usable, HandoverRefused, IdentityTaken."""
    require_recent(by)
    handed = take_over(code, binding, by=by)
    with unit_of_work():
        return identities.link(handed.person, handed.provider, by=by)


def prove(code: str, binding: str, *, by: Actor) -> Session:
    """The session in use, proven again by an identity that opens its account. Raises HandoverRefused, NotProven."""
    handed = take_over(code, binding, by=by)
    with unit_of_work():
        session = proved(f"social:{handed.provider}", by=by) if identities.opens(handed.person, by.user_id) else None
        audit.record(f"auth.{'reauthenticated' if session else 'reauthentication_refused'}", methods=[f"social:{handed.provider}"])
    if session is None:
        raise NotProven()
    return session
