"""Guessing gets slower: after some wrong tries of one thing each next one has to wait, twice as long as the one before.

A try is counted before it is made and forgiven if it was right, in one statement that also refuses: a hundred tries at once
are a hundred tries. Counts live in PostgreSQL under keyed hashes. What is refused until when is remembered in this process
too, so that a flood of refused tries costs neither a statement nor a hash.
"""

import datetime as dt
import hashlib
import time
from dataclasses import dataclass

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects.postgresql import insert

from app.auth.models import Throttle
from app.db import Prepared, bind
from app.errors import TooManyRequests

LONGEST = 900
"""Seconds that one has to wait at most."""
MOST = 50_000
"""Refusals remembered in one process."""
FRESH = 10.0
"""Seconds for which a refusal is believed without asking: it may have been lifted elsewhere."""


class TooManyAttempts(TooManyRequests):
    title = "Too many wrong attempts."


@dataclass(frozen=True)
class Rule:
    """``free`` tries cost nothing; counting begins anew after ``memory`` without any."""

    name: str
    free: int
    memory: dt.timedelta


ACCOUNT = Rule("account", 10, dt.timedelta(days=1))
PLACE = Rule("place", 10, dt.timedelta(days=1))
NETWORK = Rule("network", 50, dt.timedelta(hours=1))
PASSWORD = Rule("password", 10, dt.timedelta(days=1))
CODE = Rule("code", 10, dt.timedelta(days=1))


@dataclass(frozen=True)
class Attempt:
    """A try that was let through: the how-manieth, and for how many seconds the next one will be refused."""

    rule: Rule
    key: bytes
    count: int

    @property
    def wait(self) -> int:
        return pause(self.rule, self.count)


def pause(rule: Rule, count: int) -> int:
    return 0 if count < rule.free else min(2 ** min(count - rule.free, 20), LONGEST)


def key_of(rule: Rule, *parts: str) -> bytes:
    """What people type as their address is not kept."""
    secret = hashlib.blake2b(current_app.config["SECRET_KEY"].encode(), person=b"z2h-throttle").digest()
    return hashlib.blake2b("\0".join((rule.name, *parts)).encode(), key=secret, digest_size=16).digest()


STATE = Prepared(
    lambda: sa.select(
        Throttle.count, Throttle.last_at, sa.extract("epoch", Throttle.until - sa.func.clock_timestamp()).label("wait")
    ).where(Throttle.key == bind("key", Throttle.key))
)


def count(rule: Rule, key: bytes) -> int:
    """Wrong tries so far. Raises TooManyAttempts while the next one must wait."""
    refuse_remembered(key)
    found = STATE.one(key=key)
    if found is None:
        return 0
    if found.wait > 0:
        raise refused(key, float(found.wait))
    return found.count if found.last_at > dt.datetime.now(dt.UTC) - rule.memory else 0


def attempt(rule: Rule, key: bytes) -> Attempt:
    """Count a try before it is made. Raises TooManyAttempts."""
    refuse_remembered(key)
    counted = COUNT.one(rule, key=key)
    if counted is None:
        count(rule, key)
        raise refused(key, 1.0)  # it ended between the two statements
    return Attempt(rule, key, counted.count)


def counting(rule: Rule):
    """One statement: begin, go on or begin anew; nothing while the key is refused."""
    now = sa.func.clock_timestamp()
    next_count = sa.case((Throttle.last_at < now - seconds(rule.memory.total_seconds()), 1), else_=Throttle.count + 1)
    wait = sa.func.least(sa.func.power(2.0, sa.func.least(next_count - rule.free, 20)), float(LONGEST))
    until = sa.case((next_count < rule.free, now), else_=now + seconds(wait))
    first = insert(Throttle).values(key=bind("key", Throttle.key), count=1, last_at=now, until=now)
    again = {"count": next_count, "last_at": now, "until": until}
    return first.on_conflict_do_update(index_elements=["key"], set_=again, where=Throttle.until <= now).returning(Throttle.count)


def seconds(number: float | sa.ColumnElement[float]) -> sa.ColumnElement[dt.timedelta]:
    return sa.func.make_interval(0, 0, 0, 0, 0, 0, number)


COUNT = Prepared(counting)

FORGET = Prepared(lambda: sa.delete(Throttle).where(Throttle.key == bind("key", Throttle.key)).returning(Throttle.count))

FORGIVE = Prepared(
    lambda: (
        sa.update(Throttle)
        .where(Throttle.key == bind("key", Throttle.key))
        .values(count=sa.func.greatest(Throttle.count - 1, 0), until=sa.func.clock_timestamp())
        .returning(Throttle.count)
    )
)


def forget(key: bytes) -> None:
    """Whoever knows the secret has shown it: nothing was guessed."""
    remembered().pop(key, None)
    FORGET.one(key=key)


def forgive(key: bytes) -> None:
    """This one try was right, which says nothing about the others."""
    remembered().pop(key, None)
    FORGIVE.one(key=key)


def refuse_remembered(key: bytes) -> None:
    until, fresh_until = remembered().get(key, (0.0, 0.0))
    now = time.monotonic()
    if now < min(until, fresh_until):
        raise too_many(until - now)


def refused(key: bytes, wait: float) -> TooManyAttempts:
    known, now = remembered(), time.monotonic()
    if len(known) >= MOST:
        known.clear()
    known[key] = (now + wait, now + FRESH)
    return too_many(wait)


def too_many(wait: float) -> TooManyAttempts:
    seconds = int(wait) + 1
    return TooManyAttempts("Wait before you try again.", headers={"Retry-After": str(seconds)})


def remembered() -> dict[bytes, tuple[float, float]]:
    return current_app.extensions["refused_attempts"]
