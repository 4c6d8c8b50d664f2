"""Roles, permissions granted beyond the manifests, and the scopes that cut them down."""

import uuid

import pytest
import sqlalchemy as sa

from app.accounts import User
from app.accounts.models import Grant
from app.auth import forget_user
from app.extensions import db, socketio
from tests.kit import json_of, problem

OWN = {"accounts.read", "accounts.write", "tasks.read", "tasks.write"}


@pytest.fixture(autouse=True)
def remembering(app, monkeypatch):
    """The bus is alive, so that verified tokens are remembered: the harder case for acting at once."""
    monkeypatch.setattr(type(app.extensions["bus"]), "alive", True)


def permissions(person):
    return set(json_of(person.get("accounts/me"))["permissions"])


def grant(permission, **to):
    db.session.add(Grant(permission=permission, **to))
    db.session.commit()


def give_roles(person, *roles):
    """What an operator does: change the row, then say so."""
    db.session.execute(sa.update(User).where(User.id == uuid.UUID(person.id)).values(roles=list(roles)))
    db.session.commit()
    forget_user(uuid.UUID(person.id))


def token_of(person, *scopes):
    return json_of(person.post("accounts/me/tokens", {"name": "CI", "scopes": list(scopes)}))["token"]


def using(client, token, method, path, **options):
    return client.open(f"/api/v1/{path}", method=method, headers={"Authorization": f"Bearer {token}"}, **options)


def test_somebody_new_may_what_the_manifests_give_to_users_and_no_more(app, ada):
    given = {permission for stage in app.extensions["stages"].values() for permission in stage.grants.get("user", ())}
    assert permissions(ada) == given >= OWN
    assert "accounts.manage" not in given


def test_a_grant_to_one_person_is_theirs_alone(ada, grace):
    grant("accounts.manage", user_id=uuid.UUID(ada.id))
    forget_user(uuid.UUID(ada.id))
    assert "accounts.manage" in permissions(ada)
    assert "accounts.manage" not in permissions(grace)


def test_a_grant_to_a_role_is_everybodys_who_has_it_and_nobody_elses(ada, grace):
    give_roles(ada, "user", "staff")
    grant("accounts.manage", role="staff")
    assert "accounts.manage" in permissions(ada)
    assert "accounts.manage" not in permissions(grace)


def test_a_grant_is_to_a_role_or_to_a_person_and_only_once(app, ada):
    for wrong in ({"role": "user", "user_id": uuid.UUID(ada.id)}, {}):
        with pytest.raises(sa.exc.IntegrityError):
            grant("accounts.manage", **wrong)
        db.session.rollback()
    grant("accounts.manage", role="staff")
    with pytest.raises(sa.exc.IntegrityError):
        grant("accounts.manage", role="staff")
    db.session.rollback()


def test_a_role_that_is_taken_away_acts_with_the_next_request(ada):
    give_roles(ada, "admin")
    assert "accounts.manage" in permissions(ada)
    assert permissions(ada) >= OWN
    give_roles(ada, "user")
    assert "accounts.manage" not in permissions(ada)
    give_roles(ada)
    problem(ada.get("accounts/me"), 403, "missing_permission")
    refused = problem(ada.post("tasks/projects", {"name": "x"}), 403, "missing_permission")
    assert refused["permission"] == "tasks.write"
    give_roles(ada, "user")
    assert json_of(ada.get("tasks/projects"))["items"] == []


def test_a_role_that_is_taken_away_is_gone_from_tokens_that_were_made_with_it(client, ada):
    give_roles(ada, "admin")
    token = token_of(ada, "accounts.read", "accounts.manage")
    shown = json_of(using(client, token, "GET", "accounts/me"))["permissions"]
    assert shown == ["accounts.manage", "accounts.read"]
    give_roles(ada, "user")
    assert json_of(using(client, token, "GET", "accounts/me"))["permissions"] == ["accounts.read"]


def test_a_grant_that_comes_later_widens_no_token(client, ada):
    token = token_of(ada, "accounts.read")
    grant("accounts.manage", user_id=uuid.UUID(ada.id))
    forget_user(uuid.UUID(ada.id))
    assert json_of(using(client, token, "GET", "accounts/me"))["permissions"] == ["accounts.read"]


# ---- sockets


@pytest.fixture
def connect(app, client):
    def connected(token):
        found = socketio.test_client(app, auth={"token": token}, flask_test_client=client)
        assert found.is_connected()
        return found

    return connected


def join(socket, project):
    return socket.emit("subscribe", {"stream": "tasks.project", "key": project["id"], "after": 0}, callback=True)


def test_a_socket_joins_only_what_the_scopes_of_its_token_cover(ada, connect):
    project = json_of(ada.post("tasks/projects", {"name": "Mine"}))
    narrow, enough = connect(token_of(ada, "accounts.read")), connect(token_of(ada, "tasks.read"))
    refused = join(narrow, project)
    assert (refused["ok"], refused["problem"]["code"], refused["problem"]["permission"]) == (False, "missing_permission", "tasks.read")
    assert len(refused["problem"]["request_id"]) == 24
    assert join(enough, project) == {"ok": True, "sequence": 0}
    assert narrow.get_received() == []


def test_a_socket_that_was_open_before_a_role_was_taken_away_joins_nothing_more(ada, connect):
    project = json_of(ada.post("tasks/projects", {"name": "Mine"}))
    socket = connect(ada.access_token)
    assert join(socket, project)["ok"]
    give_roles(ada)
    assert not socket.is_connected()
