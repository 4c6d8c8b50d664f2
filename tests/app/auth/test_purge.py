"""What is over goes, a batch in a transaction, and what is not stays."""

import datetime as dt
import os
import uuid

import pytest
import sqlalchemy as sa

from app.access import SERVICE, acting_as
from app.auth import purge
from app.auth.models import PersonalToken, RefreshToken, Session
from app.db import unit_of_work
from app.extensions import db
from app.web.idempotency import IdempotencyKey

NOW = dt.datetime.now(dt.UTC)
LATER, RECENTLY, LONG_AGO = (NOW + dt.timedelta(days=days) for days in (20, -29, -31))
MOMENTS = {"never": None, "recently": RECENTLY, "long ago": LONG_AGO}


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(purge, "BATCH", 2)
    monkeypatch.setattr(purge, "LINKS", 3)


def session(person, *, ended=None, expires=LATER, links=()):
    """A session with a link for each moment at which one was used."""
    found = Session(user_id=uuid.UUID(person.id), ended_at=ended, expires_at=expires)
    db.session.add(found)
    db.session.flush()
    db.session.add_all(RefreshToken(hash=os.urandom(16), session_id=found.id, used_at=used) for used in links)
    db.session.commit()
    return found.id


def ids(kind):
    return set(db.session.scalars(sa.select(kind.id)))


def run(app, function):
    """All of its batches, as the relay makes one after the other; how many there were."""
    with unit_of_work(), acting_as(SERVICE):
        function()
    return 1 + app.extensions["relay"].deliver_all()


def test_sessions_go_thirty_days_after_their_end_with_all_of_their_links(app, ada, small_batches):
    before = ids(Session)
    staying = {session(ada, links=[None, LONG_AGO]), session(ada, ended=RECENTLY), session(ada, expires=RECENTLY)}
    for _ in range(3):
        session(ada, ended=LONG_AGO, links=[LONG_AGO, LONG_AGO, RECENTLY, None])
        session(ada, expires=LONG_AGO, links=[None])
    assert run(app, purge.purge) > 3
    assert ids(Session) == before | staying
    assert set(db.session.scalars(sa.select(RefreshToken.session_id))) <= before | staying


def test_used_links_of_a_living_session_go_after_as_long_as_a_session_lives_unused(app, ada, small_batches):
    living = session(ada, links=[LONG_AGO] * 7 + [RECENTLY, None])
    assert run(app, purge.purge_links) == 3
    left = sa.select(RefreshToken.used_at).where(RefreshToken.session_id == living)
    assert set(db.session.scalars(left)) == {RECENTLY, None}
    refreshed = ada.client.post("/api/v1/auth/refreshes", json={"refresh_token": ada.refresh_token})
    assert refreshed.status_code == 201


def test_tokens_go_thirty_days_after_their_end(app, ada, small_batches):
    made = {}
    for revoked, expires in [
        ("never", "never"),
        ("recently", "never"),
        ("never", "recently"),
        *[("long ago", "never"), ("never", "long ago")] * 2,
    ]:
        token = PersonalToken(user_id=uuid.UUID(ada.id), name="x", prefix="x", hash=os.urandom(16), scopes=[])
        token.revoked_at, token.expires_at = MOMENTS[revoked], MOMENTS[expires]
        db.session.add(token)
        db.session.commit()
        made[token.id] = (revoked, expires)
    assert run(app, purge.purge_tokens) == 3
    assert sorted(made[token] for token in ids(PersonalToken)) == [("never", "never"), ("never", "recently"), ("recently", "never")]


def test_answers_go_after_a_day(app, ada, small_batches):
    for number in range(5):
        row = {"user_id": uuid.UUID(ada.id), "key": f"old-{number}", "fingerprint": b"", "created_at": NOW - dt.timedelta(hours=25)}
        db.session.execute(sa.insert(IdempotencyKey).values(row))
    ada.post("tasks/projects", {"name": "New"}, headers={"Idempotency-Key": "new"})
    assert run(app, purge.purge_answers) == 3
    assert list(db.session.scalars(sa.select(IdempotencyKey.key))) == ["new"]


def test_what_one_kind_cannot_delete_keeps_no_other(app):
    """Each is a call of its own, every hour."""
    hourly = {
        name for name, function in app.extensions["background"].items() if name.startswith("auth.") and function.every == purge.HOURLY
    }
    assert hourly == {
        "auth.purge",
        "auth.purge_links",
        "auth.purge_tokens",
        "auth.purge_answers",
        "auth.purge_guesses",
        "auth.purge_visits",
        "auth.purge_factors",
    }


@pytest.mark.parametrize(
    ("where", "index"),
    [
        ("auth_session where least(ended_at, expires_at) < now()", "ix_auth_session_over"),
        ("auth_refresh_token where used_at < now()", "ix_auth_refresh_token_used"),
    ],
)
def test_an_index_tells_what_is_over(app, where, index):
    with unit_of_work():
        db.session.execute(sa.text("set local enable_seqscan = off"))
        plan = "\n".join(db.session.scalars(sa.text(f"explain select 1 from {where} limit 10")))
    assert index in plan, plan
