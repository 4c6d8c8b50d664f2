"""An administrator looks through somebody's eyes: for a quarter of an hour, with their account out of reach, and on the record."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from app.auth import ReauthenticationRequired, require_recent
from app.auth.models import RefreshToken, Session
from app.extensions import db
from tests.app.accounts.conftest import with_roles
from tests.kit import PASSWORD, Person, json_of, problem


def begin(admin, person):
    """The person as the administrator acts for them, and the answer."""
    answer = admin.post(f"accounts/users/{person.id}/impersonation")
    assert answer.status_code == 201, answer.text
    body = json_of(answer)
    eyes = Person.__new__(Person)
    eyes.client, eyes.access_token, eyes.id, eyes.email = admin.client, body["access_token"], person.id, person.email
    return eyes, body


@pytest.fixture
def eyes(admin, ada):
    return begin(admin, ada)[0]


def sessions(person):
    return db.session.scalars(sa.select(Session).where(Session.user_id == uuid.UUID(person.id)).order_by(Session.id)).all()


def test_it_lasts_a_quarter_of_an_hour_and_is_never_refreshed(admin, ada):
    eyes, body = begin(admin, ada)
    assert (body["expires_in"], "refresh_token" in body) == (900, False)
    session = sessions(ada)[-1]
    assert dt.timedelta(minutes=14) < session.expires_at - dt.datetime.now(dt.UTC) <= dt.timedelta(minutes=15)
    assert db.session.scalar(sa.select(sa.func.count()).where(RefreshToken.session_id == session.id)) == 0
    assert (session.user_agent, session.address, str(session.impersonator_id)) == ("", "", admin.id)
    db.session.execute(sa.update(Session).where(Session.id == session.id).values(expires_at=sa.func.now()))
    problem(eyes.get("accounts/me"), 401, "invalid_token")


def test_the_account_shows_who_looks_and_only_while_they_do(admin, ada, eyes):
    shown = json_of(eyes.get("accounts/me"))
    assert (shown["id"], shown["impersonated_by"]) == (ada.id, {"id": admin.id, "name": "Root"})
    assert json_of(ada.get("accounts/me"))["impersonated_by"] is None


def test_they_see_what_the_person_sees_and_leave_the_account_alone(client, ada, eyes):
    ada.post("tasks/projects", {"name": "Mine"})
    assert [p["name"] for p in json_of(eyes.get("tasks/projects"))["items"]] == ["Mine"]
    before = json_of(ada.get("accounts/me"))
    session = str(sessions(ada)[0].id)
    for refused in (
        eyes.put("accounts/me/password", {"current_password": PASSWORD, "new_password": "another long passphrase"}),
        eyes.post("accounts/me/tokens", {"name": "x", "scopes": ["tasks.read"]}),
        eyes.patch("accounts/me", {"name": "x"}),
        eyes.delete(f"accounts/me/sessions/{session}"),
        eyes.delete("accounts/me/sessions"),
        eyes.post("accounts/me/deletion", {"password": PASSWORD}),
        eyes.post("accounts/me/exports"),
    ):
        problem(refused, 403, "missing_permission")
    assert json_of(ada.get("accounts/me")) == before
    assert json_of(ada.get("accounts/me/tokens"))["items"] == []


def test_nobody_reaches_further_through_somebodys_eyes(admin, staff, ada):
    for permission in ("accounts.manage", "accounts.read_all", "accounts.impersonate", "audit.read"):
        assert admin.put(f"accounts/users/{staff.id}/grants/{permission}").status_code == 200
    eyes, _ = begin(admin, staff)
    assert {p for p in json_of(eyes.get("accounts/me"))["permissions"] if p.startswith("accounts.")} == {"accounts.read"}
    assert "notifications.write" not in json_of(eyes.get("accounts/me"))["permissions"]
    problem(eyes.post(f"accounts/users/{ada.id}/impersonation"), 403, "missing_permission")


def test_it_is_for_administrators_with_a_session_of_their_own(client, admin, staff, ada):
    problem(ada.post(f"accounts/users/{staff.id}/impersonation"), 403, "missing_permission")
    admin.put(f"accounts/users/{staff.id}/grants/accounts.impersonate")
    problem(staff.post(f"accounts/users/{ada.id}/impersonation"), 403, "only_admins")
    program = Person.__new__(Person)
    scopes = {"name": "CI", "scopes": ["accounts.impersonate"]}
    program.client, program.access_token = client, json_of(admin.post("accounts/me/tokens", scopes))["token"]
    problem(program.post(f"accounts/users/{ada.id}/impersonation"), 403, "forbidden")
    assert len(sessions(ada)) == 1


def test_only_who_authenticated_a_moment_ago_begins_one(admin, ada):
    long_ago = sa.func.now() - dt.timedelta(minutes=11)
    db.session.execute(sa.update(Session).where(Session.user_id == uuid.UUID(admin.id)).values(authenticated_at=long_ago))
    db.session.commit()
    problem(admin.post(f"accounts/users/{ada.id}/impersonation"), 403, "reauthentication_required")
    assert len(sessions(ada)) == 1


def test_it_never_passes_for_recent_authentication(app, eyes):
    actor = app.extensions["verify"](eyes.access_token)
    with pytest.raises(ReauthenticationRequired):
        require_recent(actor)
    problem(eyes.post("auth/reauthentications", {"password": PASSWORD}), 403, "missing_permission")


def test_administrators_and_the_disabled_are_not_impersonated(admin, ada, grace):
    with_roles(ada, "user", "admin")
    admin.post(f"accounts/users/{grace.id}/disablement", {})
    for person in (ada, grace, admin):
        problem(admin.post(f"accounts/users/{person.id}/impersonation"), 409, "cannot_be_impersonated")
    problem(admin.post(f"accounts/users/{uuid.uuid4()}/impersonation"), 404, "no_such_user")
    assert (len(sessions(ada)), len(sessions(grace))) == (1, 1)


@pytest.mark.parametrize("whose", ["admin", "eyes"])
def test_it_ends_when_the_administrator_says_so_from_either_side(admin, ada, eyes, whose):
    if whose == "admin":
        assert admin.delete(f"accounts/users/{ada.id}/impersonation", match=None).status_code == 204
    else:
        assert eyes.delete("accounts/me/impersonation", match=None).status_code == 204
    problem(eyes.get("accounts/me"), 401, "invalid_token")
    assert (ada.get("accounts/me").status_code, admin.get("accounts/me").status_code) == (200, 200)
    problem(admin.delete(f"accounts/users/{ada.id}/impersonation", match=None), 404, "not_impersonating")
    problem(ada.delete("accounts/me/impersonation", match=None), 404, "not_impersonating")
    entries = json_of(admin.get(f"audit/entries?account_id={ada.id}"))["items"]
    assert [(e["action"], e["actor_id"]) for e in entries if "impersonation" in e["action"]] == [
        ("accounts.impersonation_ended", admin.id),
        ("accounts.impersonation_started", admin.id),
    ]


@pytest.mark.parametrize("how", ["role", "disabled", "signed out", "password"])
def test_it_ends_with_what_lets_the_administrator_do_it(admin, ada, eyes, client, how):
    other = with_roles(Person(client, "Other"), "user", "admin")
    assert eyes.get("accounts/me").status_code == 200
    done = {
        "role": lambda: other.patch(f"accounts/users/{admin.id}", {"roles": ["user"]}),
        "disabled": lambda: other.post(f"accounts/users/{admin.id}/disablement", {}),
        "signed out": lambda: other.post(f"accounts/users/{admin.id}/sign-out"),
        "password": lambda: admin.put("accounts/me/password", {"current_password": PASSWORD, "new_password": "another long passphrase"}),
    }[how]()
    assert done.status_code in (200, 204), done.text
    problem(eyes.get("accounts/me"), 401, "invalid_token")


def test_every_entry_names_the_administrator_also_of_what_runs_later(app, admin, ada, eyes):
    from app import audit, outbox
    from app.access import acting_as
    from app.db import unit_of_work

    authenticated = app.extensions["verify"](eyes.access_token)
    for actor in (authenticated, outbox.revive(outbox.describe(authenticated))):
        with unit_of_work(), acting_as(actor):
            audit.record("test.happened")
    entries = json_of(ada.get("audit/mine?action=test.happened"))["items"]
    assert [(e["actor_id"], e["details"]) for e in entries] == [(ada.id, {"impersonator": admin.id})] * 2


def test_the_person_sees_the_session_and_may_end_it(ada, eyes):
    newest = json_of(ada.get("accounts/me/sessions"))["items"][0]
    assert ada.delete(f"accounts/me/sessions/{newest['id']}").status_code == 204
    problem(eyes.get("accounts/me"), 401, "invalid_token")
