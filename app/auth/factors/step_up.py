"""Proving again who one is, for what asks that it was a moment ago (:func:`app.auth.require_recent`)."""

import logging
from typing import Any

from app import accounts, audit
from app.access import Actor
from app.auth import own_password
from app.auth.factors import ceremony, passkeys, proofs
from app.auth.factors.proofs import Proof
from app.auth.models import Session
from app.auth.recent import proved
from app.db import unit_of_work
from app.errors import Forbidden

log = logging.getLogger(__name__)


class NotProven(Forbidden):
    title = "That does not prove that it is you."


def challenge(*, by: Actor) -> dict[str, Any]:
    """What the browser needs to ask for one of the person's passkeys."""
    assert by.user_id is not None
    return ceremony.request_options(ceremony.REAUTHENTICATION, by.user_id, passkeys.of(by.user_id), ceremony.REQUIRED)


def reauthenticate(password: str | None, proof: Proof, *, by: Actor) -> Session:
    """All that is sent must be right. Raises WrongPassword, NotProven, TooManyAttempts, Forbidden for a personal token."""
    if by.session_id is None or by.user_id is None:
        raise Forbidden("A token belongs to no session that could be renewed.")
    stored = own_password.prove(password, by=by, at="/password") if password is not None else None
    proofs.admit(by.user_id, proof)
    with unit_of_work():
        session = renewed(stored, proof, by)
    if session is None:
        raise NotProven()
    return session


def renewed(stored: str | None, proof: Proof, by: Actor) -> Session | None:
    """None for a refusal: that it was tried must be committed."""
    user = own_password.locked(by, stored, "/password") if stored is not None else accounts.lock(by.user_id)  # type: ignore[arg-type]
    found = proofs.prove(user.id, proof, ceremony.REAUTHENTICATION, ceremony.REQUIRED)
    if not found and (proof or stored is None):
        audit.record("auth.reauthentication_refused", account_id=user.id)
        log.info("reauthentication refused", extra={"account": str(user.id)})
        return None
    methods = [*(["password"] if stored is not None else []), *found]
    session = proved(*methods, by=by)
    audit.record("auth.reauthenticated", account_id=user.id, methods=methods)
    return session
