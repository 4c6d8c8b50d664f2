"""Leaving: asked for, taken back, or carried out; the address is told each time."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from app.accounts import User
from app.auth.models import Session
from app.extensions import db
from app.notifications.models import Mail
from app.outbox import Call
from tests.app.accounts import later
from tests.app.accounts.conftest import with_roles
from tests.kit import PASSWORD, Person, json_of, problem


def sign_in(client, person):
    answer = client.post("/api/v1/auth/sessions", json={"email": person.email, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    again = Person.__new__(Person)
    again.client, again.access_token, again.id, again.email = client, json_of(answer)["access_token"], person.id, person.email
    return again


def leave(person):
    answer = person.post("accounts/me/deletion", {"password": PASSWORD})
    assert answer.status_code == 202, answer.text
    return json_of(answer)


def row(person):
    db.session.expire_all()
    return db.session.get(User, uuid.UUID(person.id))


def mails(person):
    return db.session.scalars(sa.select(Mail.template).where(Mail.recipient == person.email).order_by(Mail.id)).all()


def account_mails(person):
    return [template for template in mails(person) if template.startswith("accounts.")]


def authenticated_long_ago(person):
    db.session.execute(
        sa.update(Session).where(Session.user_id == uuid.UUID(person.id)).values(authenticated_at=sa.func.now() - dt.timedelta(hours=1))
    )
    db.session.commit()


def test_who_leaves_is_signed_out_everywhere_and_told_until_when_they_can_come_back(client, ada):
    token = json_of(ada.post("accounts/me/tokens", {"name": "CI", "scopes": ["accounts.read"]}))["token"]
    until = dt.datetime.fromisoformat(leave(ada)["deletion_at"])
    assert dt.timedelta(days=13, hours=23) < until - dt.datetime.now(dt.UTC) <= dt.timedelta(days=14)
    problem(ada.get("accounts/me"), 401, "invalid_token")
    assert client.get("/api/v1/accounts/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert client.post("/api/v1/auth/refreshes", json={"refresh_token": ada.refresh_token}).status_code == 401
    assert account_mails(ada) == ["accounts.deletion_requested"]
    text = db.session.scalar(sa.select(Mail.text).where(Mail.template == "accounts.deletion_requested"))
    assert until.strftime("%Y-%m-%d %H:%M UTC") in text


def test_in_the_days_of_grace_they_may_take_it_back_and_nothing_else(client, ada):
    ada.post("tasks/projects", {"name": "Mine"})
    leave(ada)
    back = sign_in(client, ada)
    shown = json_of(back.get("accounts/me"))
    assert (shown["permissions"], shown["deletion_at"] is not None) == (["accounts.delete", "accounts.read"], True)
    for refused in (
        back.get("tasks/projects"),
        back.patch("accounts/me", {"name": "x"}),
        back.post("accounts/me/tokens", {"name": "x", "scopes": ["accounts.read"]}),
        back.post("accounts/me/exports"),
    ):
        problem(refused, 403, "missing_permission")
    problem(back.post("accounts/me/deletion", {"password": PASSWORD}), 409, "already_leaving")
    assert back.delete("accounts/me/deletion", match=None).status_code == 204
    assert [p["name"] for p in json_of(back.get("tasks/projects"))["items"]] == ["Mine"]
    assert json_of(back.get("accounts/me"))["deletion_at"] is None
    assert account_mails(ada) == ["accounts.deletion_requested", "accounts.deletion_canceled"]
    problem(back.delete("accounts/me/deletion", match=None), 404, "not_leaving")
    later.ten_minutes_pass()
    assert row(ada).erased_at is None
    actions = [e["action"] for e in json_of(back.get("audit/mine"))["items"]]
    assert [a for a in actions if "deletion" in a] == ["accounts.deletion_canceled", "accounts.deletion_requested"]


def test_it_takes_the_password_or_a_recent_proof_of_who_one_is(client, ada):
    token = json_of(ada.post("accounts/me/tokens", {"name": "CI", "scopes": ["accounts.delete"]}))["token"]
    problem(ada.post("accounts/me/deletion", {"password": "wrong"}), 403, "wrong_password")
    authenticated_long_ago(ada)
    problem(ada.post("accounts/me/deletion", {}), 403, "reauthentication_required")
    with_token = {"json": {"password": PASSWORD}, "headers": {"Authorization": f"Bearer {token}"}}
    problem(client.post("/api/v1/accounts/me/deletion", **with_token), 403, "forbidden")
    assert (row(ada).deletion_at, account_mails(ada)) == (None, [])
    assert sign_in(client, ada).post("accounts/me/deletion", {}).status_code == 202


def test_the_last_administrator_cannot_leave(admin, ada):
    problem(admin.post("accounts/me/deletion", {"password": PASSWORD}), 409, "last_admin")
    assert row(admin).deletion_at is None
    with_roles(ada, "user", "admin")
    leave(admin)
    problem(ada.patch(f"accounts/users/{ada.id}", {"roles": ["user"]}), 409, "last_admin")


def test_after_the_days_of_grace_nobody_signs_in_and_a_last_mail_leaves(client, ada):
    leave(ada)
    later.ten_minutes_pass()
    assert (row(ada).erased_at, row(ada).disabled_at) == (None, None)
    back = sign_in(client, ada)
    later.grace_passes(ada)
    later.ten_minutes_pass()
    problem(back.get("accounts/me"), 401, "invalid_token")
    assert client.post("/api/v1/auth/sessions", json={"email": ada.email, "password": PASSWORD}).status_code == 401
    assert account_mails(ada)[-1] == "accounts.deleted"
    later.ten_minutes_pass()
    assert account_mails(ada).count("accounts.deleted") == 1
    later.work()
    assert (row(ada).email, row(ada).name) == (ada.email, "Ada")


def test_then_the_row_says_nothing_and_goes_once_every_stage_has_forgotten(app, client, ada, admin, monkeypatch):
    leave(ada)
    later.grace_passes(ada)
    later.ten_minutes_pass()
    later.an_hour_passes(ada)
    erase = db.session.scalars(sa.select(Call.id).where(Call.function == "accounts.erase")).one()
    from app import outbox

    assert outbox.run(erase) is True
    found = row(ada)
    nowhere = f"{ada.id}@deleted.invalid"
    assert (found.email, found.email_key, found.name, found.password_hash, found.roles) == (nowhere, nowhere, "", None, [])
    problem(admin.get(f"accounts/users/{ada.id}"), 404, "no_such_user")
    waiting = sa.select(sa.func.count()).where(Call.function.startswith("accounts.user_deleted > "))
    assert db.session.scalar(waiting) >= 4
    later.ten_minutes_pass()
    assert row(ada) is not None
    later.work()
    assert db.session.scalar(waiting) == 0
    later.ten_minutes_pass()
    assert row(ada) is None
    assert Person(client, "Ada again", ada.email).id != ada.id


@pytest.mark.parametrize("state", ["waiting", "dead"])
def test_a_listener_that_has_not_done_its_work_keeps_the_row(app, ada, state):
    gone = uuid.UUID(ada.id)
    db.session.execute(sa.update(User).where(User.id == gone).values(erased_at=sa.func.now(), deletion_at=None))
    call = Call(kind="listener", function="accounts.user_deleted > shop.forget", payload={"user_id": ada.id}, request_id="-", state=state)
    db.session.add(call)
    db.session.commit()
    later.ten_minutes_pass()
    assert row(ada) is not None
    db.session.execute(sa.delete(Call))
    db.session.commit()
    later.ten_minutes_pass()
    assert row(ada) is None
