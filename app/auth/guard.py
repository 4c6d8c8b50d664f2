"""What comes before a password is hashed: is this a guess too many, and is it a robot's?"""

import uuid
from collections.abc import Sequence

from app import audit
from app.auth import captcha, places, throttle
from app.auth.throttle import ACCOUNT, NETWORK, PLACE, Attempt, Rule
from app.limits import network

Attempts = Sequence[Attempt]


def admit(email_key: str, address: str, solution: str | None) -> Attempts:
    """Count a log-in before it is tried. Raises TooManyAttempts, CaptchaRequired and CaptchaFailed.

    From where the person has signed in before only what went wrong there counts, so that no stranger can shut them out. Unknown
    addresses are counted like known ones: nothing here tells them apart.
    """
    keys = keys_of(email_key, network(address))
    for _, key in keys:
        throttle.refuse_remembered(key)
    if max(throttle.count(rule, key) for rule, key in keys) >= captcha.AFTER:
        captcha.demand(solution, "log_in", address)
    return [throttle.attempt(rule, key) for rule, key in keys]


def keys_of(email_key: str, place: str) -> list[tuple[Rule, bytes]]:
    if places.knows(email_key, place):
        return [(PLACE, throttle.key_of(PLACE, email_key, place))]
    # The network first: what it is refused must not count against the account.
    return [(NETWORK, throttle.key_of(NETWORK, place)), (ACCOUNT, throttle.key_of(ACCOUNT, email_key))]


def is_known(attempts: Attempts) -> bool:
    return attempts[0].rule is PLACE


def passed(attempts: Attempts) -> None:
    for attempt in attempts:
        throttle.forgive(attempt.key) if attempt.rule is NETWORK else throttle.forget(attempt.key)


def failed(attempts: Attempts, account_id: uuid.UUID | None) -> None:
    """Write it down, in the open unit of work; what was typed stays out of it."""
    audit.record("auth.sign_in_refused", account_id=account_id)
    for attempt in attempts:
        if attempt.wait:
            audit.record("auth.locked_out", account_id=account_id, what=attempt.rule.name, seconds=attempt.wait)


def lift(email_key: str) -> None:
    """The account was shown to be somebody's: what strangers guessed is forgotten, in the open unit of work."""
    throttle.forget(throttle.key_of(ACCOUNT, email_key))
