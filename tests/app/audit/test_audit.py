"""The audit log: written with the act, never changed, forgotten where it is personal."""

import datetime as dt
import json
import uuid

import pytest
import sqlalchemy as sa

from app import audit
from app.access import SERVICE, acting_as
from app.accounts import User
from app.audit.models import Entry, Origin
from app.audit.purge import purge
from app.audit.service import forget
from app.db import unit_of_work
from app.extensions import db
from tests.kit import json_of, problem


def written(action="test.happened", **more):
    with unit_of_work():
        audit.record(action, **more)


def entries(person, query=""):
    return json_of(person.get(f"audit/mine?{query}"))["items"]


def test_an_entry_says_who_did_what_to_whom(app, ada, grace):
    written(account_id=uuid.UUID(ada.id), by=uuid.UUID(grace.id), reason="asked for")
    written("test.other", account_id=uuid.UUID(ada.id))
    other, happened = entries(ada)[:2]
    assert (happened["action"], happened["actor_id"], happened["account_id"]) == ("test.happened", grace.id, ada.id)
    assert happened["details"] == {"reason": "asked for"}
    assert (other["action"], other["actor_id"]) == ("test.other", None)
    assert [e["action"] for e in entries(grace) if e["action"].startswith("test.")] == ["test.happened"]
    assert [e["action"] for e in entries(ada, "action=test.other")] == ["test.other"]


def test_everybodys_entries_are_for_who_may_read_them(app, ada, grace):
    written(account_id=uuid.UUID(grace.id))
    problem(ada.get("audit/entries"), 403, "missing_permission")
    problem(ada.get("audit/entries/export"), 403, "missing_permission")
    db.session.execute(sa.update(User).where(User.id == uuid.UUID(ada.id)).values(roles=["user", "admin"]))
    found = json_of(ada.get(f"audit/entries?account_id={grace.id}&action=test.happened"))["items"]
    assert [e["account_id"] for e in found] == [grace.id]
    lines = ada.get("audit/entries/export?action=test.happened").get_data(as_text=True).splitlines()
    assert [json.loads(line) for line in lines] == found


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_entry set action = 'x.y'",
        "delete from audit_entry",
        "update audit_origin set address = ''",
        "truncate audit_entry cascade",
    ],
)
def test_the_database_refuses_every_change(app, statement):
    written()
    with pytest.raises(sa.exc.IntegrityError, match="never changed"), unit_of_work():
        db.session.execute(sa.text(statement))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Entry)) >= 1


def test_an_entry_of_what_was_rolled_back_is_not_there(app):
    before = db.session.scalar(sa.select(sa.func.count()).select_from(Entry))

    def fails():
        with unit_of_work():
            audit.record("test.failed")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Entry)) == before


def test_what_is_personal_is_forgotten_with_the_person_and_the_rest_stays(app, ada):
    written(account_id=uuid.UUID(ada.id), email="ada@example.com")
    with unit_of_work():
        forget(uuid.UUID(ada.id))
    mine = sa.select(Entry.id).where(Entry.account_id == uuid.UUID(ada.id))
    assert db.session.scalars(mine).all()
    assert db.session.scalars(sa.select(Origin.entry_id).where(Origin.entry_id.in_(mine))).all() == []
    assert entries(ada)[0]["details"] is None


def test_old_entries_are_purged_and_young_ones_stay(app):
    with unit_of_work():
        for days in (401, 399):
            moment = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
            db.session.add(Entry(action=f"test.days_{'old' if days > 400 else 'young'}", request_id="-", at=moment))
    with acting_as(SERVICE), unit_of_work():
        purge()
    left = db.session.scalars(sa.select(Entry.action).where(Entry.action.startswith("test.days_"))).all()
    assert left == ["test.days_young"]
