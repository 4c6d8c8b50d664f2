"""The archive of a person's data: everything of theirs, nothing of others', and no secret."""

import datetime as dt
import io
import json
import uuid
import zipfile

import pytest
import sqlalchemy as sa

from app.accounts.models import Export
from app.auth.models import Session
from app.extensions import db
from app.notifications.models import Mail
from tests.app.accounts import later
from tests.kit import PASSWORD, Person, json_of, problem


def archive_of(person):
    """The files of the person's archive, by name."""
    export = json_of(person.post("accounts/me/exports"))
    later.work()
    answer = person.get(f"accounts/me/exports/{export['id']}/archive")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip"), answer.text
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def of(files, name):
    return json.loads(files[name])


def test_it_is_built_in_the_background_and_its_owner_is_told(ada):
    asked = ada.post("accounts/me/exports")
    made = json_of(asked)
    assert (asked.status_code, made["state"], made["size"]) == (202, "pending", None)
    assert asked.headers["Location"] == f"/api/v1/accounts/me/exports/{made['id']}"
    problem(ada.get(f"accounts/me/exports/{made['id']}/archive"), 409, "not_ready")
    later.work()
    ready = json_of(ada.get(f"accounts/me/exports/{made['id']}"))
    assert (ready["state"], ready["size"] > 500) == ("ready", True)
    assert json_of(ada.get("accounts/me/exports"))["items"] == [ready]
    days = dt.datetime.fromisoformat(ready["expires_at"]) - dt.datetime.fromisoformat(ready["created_at"])
    assert days.days in (6, 7)
    told = db.session.scalars(sa.select(Mail.subject).where(Mail.template == "accounts.export_done", Mail.recipient == ada.email)).all()
    assert told == ["Your data is ready"]
    assert ada.get(f"accounts/me/exports/{made['id']}/archive").headers["Cache-Control"] == "no-store"
    actions = [e["action"] for e in json_of(ada.get("audit/mine"))["items"]]
    assert actions[:2] == ["accounts.export_downloaded", "accounts.export_requested"]


def test_every_stage_contributes_what_it_knows(app, ada, grace):
    mine = json_of(ada.post("tasks/projects", {"name": "Mine"}))["id"]
    ada.post(f"tasks/projects/{mine}/tasks", {"title": "to do", "tags": ["x"]})
    theirs = json_of(grace.post("tasks/projects", {"name": "Theirs"}))["id"]
    grace.post(f"tasks/projects/{theirs}/tasks", {"title": "grace's own"})
    grace.post(f"tasks/projects/{theirs}/members", {"email": ada.email, "role": "viewer"})
    ada.post("accounts/me/tokens", {"name": "CI", "scopes": ["tasks.read"]})
    files = archive_of(ada)
    contributing = {name for name, stage in app.extensions["stages"].items() if stage.export}
    assert {name.partition("/")[0] for name in files} == contributing | {"README.txt"}
    assert [p["email"] for p in of(files, "accounts/profile.json")] == [ada.email]
    assert [(t["name"], t["scopes"]) for t in of(files, "auth/tokens.json")] == [("CI", ["tasks.read"])]
    assert len(of(files, "auth/sessions.json")) == 1
    assert [(p["name"], p["role"]) for p in of(files, "tasks/projects.json")] == [("Mine", "owner"), ("Theirs", "viewer")]
    assert [(t["title"], t["tags"]) for t in of(files, "tasks/tasks.json")] == [("to do", ["x"])]
    assert "accounts.export_requested" in [e["action"] for e in of(files, "audit/entries.json")]
    assert all(ada.email == m["recipient"] for m in of(files, "notifications/mail.json"))


def test_no_secret_and_nobody_elses_place_is_in_it(client, app, admin, ada):
    token = json_of(ada.post("accounts/me/tokens", {"name": "CI", "scopes": ["tasks.read"]}))["token"]
    elsewhere = client.application.test_client()
    elsewhere.environ_base = {**elsewhere.environ_base, "REMOTE_ADDR": "198.51.100.9", "HTTP_USER_AGENT": "AdminBrowser"}
    admin.client = elsewhere
    assert admin.post(f"accounts/users/{ada.id}/impersonation").status_code == 201
    text = "".join(archive_of(ada).values())
    hidden = db.session.execute(sa.text("select password_hash from accounts_user where id = :id"), {"id": uuid.UUID(ada.id)}).scalar()
    for secret in (token, ada.refresh_token, ada.access_token, PASSWORD, hidden, "password_hash", "198.51.100.9", "AdminBrowser"):
        assert secret not in text
    assert "accounts.impersonation_started" in text


def test_it_is_its_owners_alone_and_asks_for_a_recent_proof(client, ada, grace):
    export = json_of(ada.post("accounts/me/exports"))["id"]
    later.work()
    for path in (f"accounts/me/exports/{export}", f"accounts/me/exports/{export}/archive"):
        problem(grace.get(path), 404, "no_such_export")
    token = json_of(ada.post("accounts/me/tokens", {"name": "CI", "scopes": ["accounts.read"]}))["token"]
    program = Person.__new__(Person)
    program.client, program.access_token = client, token
    problem(program.get(f"accounts/me/exports/{export}/archive"), 403, "reauthentication_required")
    long_ago = sa.func.now() - dt.timedelta(hours=1)
    db.session.execute(sa.update(Session).where(Session.user_id == uuid.UUID(ada.id)).values(authenticated_at=long_ago))
    db.session.commit()
    problem(ada.get(f"accounts/me/exports/{export}/archive"), 403, "reauthentication_required")
    assert [e["action"] for e in json_of(ada.get("audit/mine"))["items"]].count("accounts.export_downloaded") == 0


def test_one_is_made_at_a_time(ada, grace):
    assert ada.post("accounts/me/exports").status_code == 202
    problem(ada.post("accounts/me/exports"), 409, "export_running")
    assert grace.post("accounts/me/exports").status_code == 202
    later.work()
    assert ada.post("accounts/me/exports").status_code == 202


def test_one_that_would_be_too_large_says_so(app, ada, monkeypatch):
    monkeypatch.setitem(app.config, "ACCOUNTS_EXPORT_BYTES", 100)
    export = json_of(ada.post("accounts/me/exports"))["id"]
    later.work()
    assert json_of(ada.get(f"accounts/me/exports/{export}"))["state"] == "too_large"
    problem(ada.get(f"accounts/me/exports/{export}/archive"), 409, "not_ready")
    told = db.session.scalars(sa.select(Mail.subject).where(Mail.template == "accounts.export_done", Mail.recipient == ada.email)).all()
    assert told == ["Your data could not be put together"]


@pytest.mark.parametrize(("column", "left"), [("expires_at", []), ("created_at", ["failed"])])
def test_old_ones_go_and_those_that_never_got_done_have_failed(ada, column, left):
    assert ada.post("accounts/me/exports").status_code == 202
    db.session.execute(sa.update(Export).values({column: sa.func.now() - dt.timedelta(days=2)}))
    db.session.commit()
    later.ten_minutes_pass()
    assert db.session.scalars(sa.select(Export.state)).all() == left
    assert ada.post("accounts/me/exports").status_code == 202
