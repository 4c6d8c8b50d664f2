"""When a person is gone, no table of any stage keeps what says who they were.

Everything is filled first: by requests where they fill a table, and for the other tables that point at people by made-up rows.
A table that is made tomorrow is filled, too; when a constraint of it refuses the made-up row, say below what it takes.
"""

import datetime as dt
import hashlib
import uuid

import sqlalchemy as sa

from app.accounts import User
from app.auth import secrets
from app.db import Base
from app.extensions import db
from tests import factors
from tests.app.accounts import later
from tests.kit import PASSWORD, Person, json_of

NAME, ADDRESS, AGENT, FROM = "Zebulon Quagmire", "zebulon.quagmire@wombat.example", "Quokka/7.1", "203.0.113.77"
MARK = "numbat"
TAKES = {
    "accounts_export.state": "ready",
    "auth_challenge.purpose": "register",
    "notifications_mail.state": "kept",
}
"""Values of columns that do not take just any text."""

ID_MAY_STAY = {"audit_entry", "tasks_change"}
"""Tables in which the bare id may stay: that somebody did something outlives them; who it was, nobody can say any more."""


def fill(client, grace, admin):
    person = Person.__new__(Person)
    browser = client.application.test_client()
    browser.environ_base = {**browser.environ_base, "REMOTE_ADDR": FROM, "HTTP_USER_AGENT": AGENT}
    person.__init__(browser, NAME, ADDRESS)
    project = json_of(person.post("tasks/projects", {"name": f"{NAME}'s"}, headers={"Idempotency-Key": "one"}))["id"]
    person.post(f"tasks/projects/{project}/tasks", {"title": f"call {NAME}"})
    shared = json_of(grace.post("tasks/projects", {"name": "Shared"}))["id"]
    grace.post(f"tasks/projects/{shared}/members", {"email": ADDRESS, "role": "editor"})
    task = json_of(person.post(f"tasks/projects/{shared}/tasks", {"title": "ours"}))["id"]
    grace.patch(f"tasks/tasks/{task}", {"assignee_id": person.id})
    person.post("tasks/projects", {"name": "Again"}, headers={"Idempotency-Key": "two"})
    token = json_of(person.post("accounts/me/tokens", {"name": NAME, "scopes": ["accounts.read"]}))["token"]
    person.patch("accounts/me", {"name": NAME})
    browser.post("/api/v1/auth/sessions", json={"email": ADDRESS, "password": "wrong password"})
    browser.post("/api/v1/auth/sessions", json={"email": ADDRESS, "password": PASSWORD})
    browser.post("/api/v1/auth/password-resets", json={"email": ADDRESS})
    asked = person.post("accounts/me/address-changes", {"email": f"new.{ADDRESS}", "password": PASSWORD})
    assert asked.status_code == 202, asked.text
    assert person.post("accounts/me/exports").status_code == 202
    assert admin.post(f"accounts/users/{person.id}/impersonation").status_code == 201
    admin.patch(f"accounts/users/{person.id}", {"name": NAME + "!"})
    admin.put(f"accounts/users/{person.id}/grants/audit.read")
    factors.with_app(person)
    factors.with_passkey(person, NAME)
    later.work()
    for table in Base.metadata.sorted_tables:
        make_up(table, uuid.UUID(person.id))
    return person, token, task


def make_up(table, person):
    """A row that belongs to the person, where there is none."""
    pointing = [c for c in table.columns if points_at_people(c)]
    if not pointing or db.session.scalar(sa.select(sa.func.count()).select_from(table).where(sa.or_(*(c == person for c in pointing)))):
        return
    values = {c.name: value_for(c, person) for c in table.columns if (c.computed is None and not c.nullable) or points_at_people(c)}
    db.session.execute(sa.insert(table).values(values))
    db.session.commit()


def points_at_people(column):
    return any(key.column is User.__table__.c.id for key in column.foreign_keys)


def value_for(column, person):
    name = f"{column.table.name}.{column.name}"
    if name in TAKES:
        return TAKES[name]
    if points_at_people(column):
        return None if column.table.name == "accounts_grant" and column.name == "role" else person
    for key in column.foreign_keys:
        return db.session.scalar(sa.select(key.column).limit(1))
    kind = column.type
    if isinstance(kind, sa.LargeBinary):
        return MARK.encode()
    if isinstance(kind, sa.Uuid):
        return uuid.uuid4()
    if isinstance(kind, sa.DateTime):
        return dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Integer):
        return 0
    if isinstance(kind, sa.ARRAY):
        return [MARK]
    return {"of": MARK} if isinstance(kind, sa.JSON) else MARK


def tables():
    wanted = "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"
    return db.session.scalars(sa.text(wanted)).all()


def holding(*needles):
    """The tables in which a row, as text, holds one of these; bytes are compared, too."""
    every = [n.lower() for n in needles] + [n.lower().encode().hex() for n in needles] + [n.encode().hex() for n in needles]
    found = {}
    for table in tables():
        for row in db.session.scalars(sa.text(f'select lower(t::text) from "{table}" t')):
            if held := [needle for needle in every if needle in row]:
                found.setdefault(table, set()).update(held)
    return found


def test_nothing_says_who_they_were(app, client, grace, admin):
    person, token, task = fill(client, grace, admin)
    hashes = [hashlib.sha256(t.encode()).hexdigest() for t in (token, person.refresh_token)]
    words = ["zebulon", "quagmire", "wombat", "quokka", FROM, MARK, token, person.refresh_token, *hashes]
    pointing = {t.name for t in Base.metadata.sorted_tables if any(points_at_people(c) for c in t.columns)}
    assert pointing <= set(holding(person.id)), "every table that points at people holds something of theirs"
    assert {"accounts_user", "auth_session", "auth_personal_token", "audit_origin", "tasks_project"} <= set(holding(*words))
    assert {"auth_refresh_token"} <= set(holding(*words))
    assert secrets.digest(token).hex() in holding(*hashes)["auth_personal_token"]

    assert person.post("accounts/me/deletion", {"password": PASSWORD}).status_code == 202
    later.grace_passes(person)
    later.ten_minutes_pass()
    later.an_hour_passes(person)
    later.work()
    later.ten_minutes_pass()

    assert holding(*words) == {}
    assert set(holding(person.id)) <= ID_MAY_STAY
    assert [(t["title"], t["assignee_id"], t["created_by"]) for t in json_of(grace.get("tasks/tasks"))["items"]] == [("ours", None, None)]
    assert task == json_of(grace.get("tasks/tasks"))["items"][0]["id"]
