"""Personal access tokens."""

import sqlalchemy as sa

from app.auth import secrets
from app.auth.models import PersonalToken
from app.extensions import db
from tests.kit import json_of, problem


def make(person, *scopes, **more):
    return json_of(person.post("accounts/me/tokens", {"name": "CI", "scopes": list(scopes), **more}))


def using(client, token, method, path, **options):
    return client.open(f"/api/v1/{path}", method=method, headers={"Authorization": f"Bearer {token}"}, **options)


def test_a_token_is_shown_once_and_only_its_hash_is_kept(ada):
    made = make(ada, "tasks.read")
    assert made["token"].startswith("z2h_pat_") and secrets.well_formed(made["token"], secrets.PERSONAL)
    listed = json_of(ada.get("accounts/me/tokens"))["items"]
    assert [(t["id"], t["prefix"], t["scopes"], "token" in t) for t in listed] == [(made["id"], made["token"][:12], ["tasks.read"], False)]
    assert db.session.scalars(sa.select(PersonalToken.hash)).all() == [secrets.digest(made["token"])]


def test_scopes_are_enforced_on_every_route(client, ada):
    token = make(ada, "tasks.read")["token"]
    assert using(client, token, "GET", "tasks/projects").status_code == 200
    refused = using(client, token, "POST", "tasks/projects", json={"name": "x"})
    assert problem(refused, 403, "missing_permission")["permission"] == "tasks.write"
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]
    problem(using(client, token, "GET", "accounts/me"), 403)
    assert json_of(ada.get("tasks/projects"))["items"] == []


def test_a_token_gets_no_scope_that_its_owner_has_not(ada):
    problem(ada.post("accounts/me/tokens", {"name": "x", "scopes": ["accounts.manage"]}), 403, "missing_permission")
    problem(ada.post("accounts/me/tokens", {"name": "x", "scopes": []}), 422)
    assert json_of(ada.get("accounts/me/tokens"))["items"] == []


def test_a_token_cannot_make_tokens(client, ada):
    token = make(ada, "accounts.write", "tasks.read")["token"]
    problem(using(client, token, "POST", "accounts/me/tokens", json={"name": "x", "scopes": ["tasks.read"]}), 403)


def test_a_revoked_token_is_out_at_once(client, ada, grace):
    made = make(ada, "tasks.read")
    problem(grace.delete(f"accounts/me/tokens/{made['id']}", match=None), 404)
    assert ada.delete(f"accounts/me/tokens/{made['id']}", match=None).status_code == 204
    problem(using(client, made["token"], "GET", "tasks/projects"), 401, "invalid_token")
    problem(ada.delete(f"accounts/me/tokens/{made['id']}", match=None), 404)


def test_an_expired_token_is_refused_and_a_past_expiry_too(client, ada):
    made = make(ada, "tasks.read", expires_at="2030-01-01T00:00:00Z")
    db.session.execute(sa.update(PersonalToken).values(expires_at=sa.func.now() - sa.text("interval '1 second'")))
    problem(using(client, made["token"], "GET", "tasks/projects"), 401)
    problem(ada.post("accounts/me/tokens", {"name": "x", "scopes": ["tasks.read"], "expires_at": "2020-01-01T00:00:00Z"}), 409)


def test_using_a_token_is_noted(client, ada):
    token = make(ada, "tasks.read")["token"]
    assert json_of(ada.get("accounts/me/tokens"))["items"][0]["last_used_at"] is None
    using(client, token, "GET", "tasks/projects")
    assert json_of(ada.get("accounts/me/tokens"))["items"][0]["last_used_at"] is not None


def test_a_mistyped_token_is_told_apart_by_its_checksum():
    token = secrets.new(secrets.PERSONAL)
    assert secrets.well_formed(token, secrets.PERSONAL)
    assert not secrets.well_formed(token[:-7] + ("A" if token[-7] != "A" else "B") + token[-6:], secrets.PERSONAL)


def test_an_answer_with_a_secret_is_not_kept_for_an_idempotency_key(ada):
    from app.web.idempotency import IdempotencyKey

    ada.post("accounts/me/tokens", {"name": "x", "scopes": ["tasks.read"]}, headers={"Idempotency-Key": "k"})
    assert db.session.scalar(sa.select(sa.func.count()).select_from(IdempotencyKey)) == 0
