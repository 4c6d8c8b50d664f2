"""AUTH_SECOND_FACTOR_ROLES: people with such a role may do nothing but enrol until their session has proven one."""

import uuid

import pytest
import sqlalchemy as sa

from app import auth
from app.accounts import User
from app.auth.manifest import roles
from app.auth.models import Session
from app.db import unit_of_work
from app.extensions import db
from tests.factors import as_session, asked, finish, log_in, with_app, with_passkey
from tests.kit import PASSWORD, json_of, problem


@pytest.fixture
def required(app, monkeypatch):
    monkeypatch.setitem(app.config, "AUTH_SECOND_FACTOR_ROLES", frozenset({"admin", "staff"}))


def promote(person, role="admin"):
    with unit_of_work():
        db.session.execute(sa.update(User).where(User.id == uuid.UUID(person.id)).values(roles=["user", role]))
        auth.forget_user(uuid.UUID(person.id))


def test_an_admin_without_one_may_only_enrol(ada, required):
    promote(ada)
    refused = problem(ada.get("tasks/projects"), 403, "second_factor_required")
    assert "tasks.read" in refused["detail"]
    problem(ada.get("audit/entries"), 403, "second_factor_required")
    assert json_of(ada.get("accounts/me"))["permissions"] == ["accounts.read", "accounts.write"]
    assert json_of(ada.get("accounts/me/second-factors"))["required"] is True
    with_app(ada)
    assert ada.get("tasks/projects").status_code == 200
    assert ada.get("audit/entries").status_code == 200


def test_a_passkey_does_as_well(ada, required):
    promote(ada, "staff")
    problem(ada.post("tasks/projects", {"name": "x"}), 403, "second_factor_required")
    with_passkey(ada)
    assert ada.post("tasks/projects", {"name": "x"}).status_code == 201


def test_other_people_are_not_asked(ada, grace, required):
    promote(grace)
    assert ada.get("tasks/projects").status_code == 200
    problem(ada.get("audit/entries"), 403, "missing_permission")


def test_a_session_from_before_must_prove_the_factor_that_there_is(client, ada, required):
    other = as_session(client, json_of(log_in(client, ada)))
    promote(ada)
    app = with_app(ada)
    problem(other.get("tasks/projects"), 403, "second_factor_required")
    assert other.post("auth/reauthentications", {"password": PASSWORD}).status_code == 201
    problem(other.get("tasks/projects"), 403, "second_factor_required")
    assert other.post("auth/reauthentications", {"code": app.code()}).status_code == 201
    assert other.get("tasks/projects").status_code == 200


def test_who_signed_in_with_both_factors_may_do_everything(client, ada, required):
    promote(ada)
    app = with_app(ada)
    session = as_session(client, json_of(finish(client, asked(client, ada)["token"], code=app.code())))
    assert session.get("audit/entries").status_code == 200


def test_their_last_factor_cannot_be_removed(ada, required):
    promote(ada)
    with_app(ada)
    problem(ada.delete("accounts/me/totp", match=None), 403, "second_factor_required")
    assert json_of(ada.get("accounts/me/second-factors"))["totp"] is True
    key = with_passkey(ada)
    assert ada.delete("accounts/me/totp", match=None).status_code == 204
    problem(ada.delete(f"accounts/me/passkeys/{key.passkey_id}"), 403, "second_factor_required")
    assert len(json_of(ada.get("accounts/me/passkeys"))["items"]) == 1


def test_a_personal_token_of_somebody_without_one_is_cut_too(client, ada, required):
    body = {"name": "CI", "scopes": ["accounts.read", "tasks.read"]}
    program = as_session(client, {"access_token": json_of(ada.post("accounts/me/tokens", body))["token"]})
    promote(ada)
    problem(program.get("tasks/projects"), 403, "second_factor_required")
    assert program.get("accounts/me").status_code == 200
    with_app(ada)
    promote(ada)
    assert program.get("tasks/projects").status_code == 200


def test_what_a_session_proved_is_gone_with_the_factor(app, ada, monkeypatch):
    with_app(ada)
    assert ada.delete("accounts/me/totp", match=None).status_code == 204
    assert db.session.scalars(sa.select(Session.methods)).all() == [["password"]]
    monkeypatch.setitem(app.config, "AUTH_SECOND_FACTOR_ROLES", frozenset({"admin"}))
    promote(ada)
    problem(ada.get("tasks/projects"), 403, "second_factor_required")


def test_the_setting_names_roles():
    assert roles("admin, staff") == {"admin", "staff"}
    with pytest.raises(ValueError, match="must name roles"):
        roles("admin,boss")
