"""Proving again who one is, for what asks that it was a moment ago (:func:`app.auth.require_recent`)."""

import logging
from collections.abc import Mapping
from typing import Any

from app import accounts, audit
from app.access import Actor
from app.auth.factors import ceremony, guesses, passkeys, proofs
from app.auth.models import Session
from app.auth.recent import proved
from app.auth.sessions import password_is
from app.db import unit_of_work
from app.errors import AppError, Forbidden

log = logging.getLogger(__name__)


class NotProven(Forbidden):
    title = "That does not prove that it is you."


def challenge(*, by: Actor) -> dict[str, Any]:
    """What the browser needs to ask for one of the person's passkeys."""
    return ceremony.request_options(ceremony.REAUTHENTICATION, by.user_id, passkeys.of(by.user_id), ceremony.REQUIRED)  # type: ignore[arg-type]


def reauthenticate(*, password: str | None, code: str | None, passkey: Mapping[str, Any] | None, by: Actor) -> Session:
    """All that is sent must be right. Raises NotProven, TooManyGuesses, Forbidden for a personal token."""
    if by.session_id is None:
        raise Forbidden("A token belongs to no session that could be renewed.")
    if password is not None:
        with unit_of_work():
            allowed = guesses.take(by.user_id)  # type: ignore[arg-type]
        if not allowed:
            raise guesses.TooManyGuesses()
        if not password_is(password, by=by):
            with unit_of_work():
                refuse(by)
            raise NotProven(errors={"/password": "This is not your password."})
    with unit_of_work():
        outcome = renew(password is not None, code, passkey, by)
    if isinstance(outcome, AppError):
        raise outcome
    return outcome


def renew(by_password: bool, code: str | None, passkey: Mapping[str, Any] | None, by: Actor) -> Session | AppError:
    user = accounts.lock(by.user_id)  # type: ignore[arg-type]
    if code is not None and not guesses.left(user.id):
        return guesses.TooManyGuesses()
    found = proofs.prove(user.id, code, passkey, ceremony.REAUTHENTICATION, ceremony.REQUIRED)
    if not found and (code is not None or passkey is not None or not by_password):
        refuse(by)
        return NotProven()
    methods = [*(["password"] if by_password else []), *found]
    if by_password:
        guesses.forget(user.id)
    session = proved(*methods, by=by)
    audit.record("auth.reauthenticated", methods=methods)
    return session


def refuse(by: Actor) -> None:
    audit.record("auth.reauthentication_refused", account_id=by.user_id)
    log.info("reauthentication refused", extra={"account": str(by.user_id)})


