"""Signing in and out."""

import datetime as dt
import logging

import jwt as pyjwt
import pytest
import sqlalchemy as sa

from app.auth.models import RefreshToken, Session
from app.config import key_id
from app.extensions import db
from tests.kit import PASSWORD, Person, json_of, problem


def log_in(client, email, password):
    return client.post("/api/v1/auth/sessions", json={"email": email, "password": password})


def refresh(client, token):
    return client.post("/api/v1/auth/refreshes", json={"refresh_token": token})


def test_somebody_registers_and_is_signed_in(client):
    ada = Person(client, "Ada Lovelace", "Ada@Example.com")
    me = json_of(ada.get("accounts/me"))
    assert (me["id"], me["email"], me["name"], me["roles"]) == (ada.id, "Ada@Example.com", "Ada Lovelace", ["user"])
    assert {"accounts.delete", "accounts.read", "accounts.write", "tasks.read", "tasks.write"} <= set(me["permissions"])


def test_an_address_is_taken_whatever_its_case_and_form(client):
    Person(client, "Ada", "ada.l@example.com")
    taken = client.post("/api/v1/auth/registrations", json={"email": "ADA.L@EXAMPLE.COM", "password": PASSWORD, "name": "Eve"})
    problem(taken, 409, "address_taken")


def test_wrong_passwords_and_unknown_people_get_the_same_answer(client, ada):
    wrong, unknown = log_in(client, ada.email, "not the password"), log_in(client, "nobody@example.com", "not the password")
    first, second = problem(wrong, 401, "wrong_credentials"), problem(unknown, 401, "wrong_credentials")
    assert {k: v for k, v in first.items() if k != "request_id"} == {k: v for k, v in second.items() if k != "request_id"}


def test_signing_in_rehashes_a_password_of_older_settings(app, client, ada, monkeypatch):
    from app.accounts import find_by_email
    from app.auth.passwords import Hasher

    before = find_by_email(ada.email).password_hash
    monkeypatch.setitem(app.extensions, "passwords", Hasher({**app.config, "ARGON2_TIME": 2}))
    assert log_in(client, ada.email, PASSWORD).status_code == 201
    after = find_by_email(ada.email).password_hash
    assert after != before and "t=2" in after


def test_signing_out_acts_at_once(ada):
    assert ada.delete("auth/sessions/current", match=None).status_code == 204
    problem(ada.get("accounts/me"), 401, "invalid_token")


def test_a_revoked_session_is_out_at_once_and_the_others_are_not(client, ada):
    other = json_of(log_in(client, ada.email, PASSWORD))["access_token"]
    sessions = json_of(ada.get("accounts/me/sessions"))["items"]
    assert sorted(session["current"] for session in sessions) == [False, True]
    theirs = next(session["id"] for session in sessions if not session["current"])
    assert ada.delete(f"accounts/me/sessions/{theirs}", match=None).status_code == 204
    assert client.get("/api/v1/accounts/me", headers={"Authorization": f"Bearer {other}"}).status_code == 401
    assert ada.get("accounts/me").status_code == 200


def test_nobody_can_revoke_the_session_of_another(ada, grace):
    session = json_of(ada.get("accounts/me/sessions"))["items"][0]["id"]
    problem(grace.delete(f"accounts/me/sessions/{session}", match=None), 404)
    assert ada.get("accounts/me").status_code == 200


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(client, ada):
    other = json_of(log_in(client, ada.email, PASSWORD))["access_token"]
    problem(ada.put("accounts/me/password", {"current_password": "wrong", "new_password": "another passphrase"}), 403, "wrong_password")
    assert ada.put("accounts/me/password", {"current_password": PASSWORD, "new_password": "another passphrase"}).status_code == 204
    assert client.get("/api/v1/accounts/me", headers={"Authorization": f"Bearer {other}"}).status_code == 401
    assert ada.get("accounts/me").status_code == 200
    problem(log_in(client, ada.email, PASSWORD), 401)
    assert log_in(client, ada.email, "another passphrase").status_code == 201


def test_a_refresh_token_works_once_and_rotates(client, ada):
    first = json_of(refresh(client, ada.refresh_token))
    second = json_of(refresh(client, first["refresh_token"]))
    assert len({ada.refresh_token, first["refresh_token"], second["refresh_token"]}) == 3
    assert client.get("/api/v1/accounts/me", headers={"Authorization": f"Bearer {second['access_token']}"}).status_code == 200


def test_two_tabs_that_refresh_at_once_get_the_same_token(client, ada):
    first, again = json_of(refresh(client, ada.refresh_token)), json_of(refresh(client, ada.refresh_token))
    assert first["refresh_token"] == again["refresh_token"]


def test_an_old_refresh_token_ends_the_whole_family_and_is_logged(client, ada, caplog):
    newest = json_of(refresh(client, json_of(refresh(client, ada.refresh_token))["refresh_token"]))
    with caplog.at_level(logging.WARNING):
        problem(refresh(client, ada.refresh_token), 401, "invalid_token")
    assert "a used refresh token came back" in caplog.text
    problem(refresh(client, newest["refresh_token"]), 401)
    problem(ada.get("accounts/me"), 401)


def test_a_used_token_is_not_forgiven_after_ten_seconds(client, ada):
    refresh(client, ada.refresh_token)
    db.session.execute(sa.update(RefreshToken).values(used_at=RefreshToken.used_at - dt.timedelta(seconds=11)))
    problem(refresh(client, ada.refresh_token), 401)


def test_only_hashes_of_refresh_tokens_are_stored(app, client, ada):
    stored = db.session.scalars(sa.select(RefreshToken.hash)).all()
    assert ada.refresh_token.encode() not in b"".join(stored)


def test_a_session_that_expired_is_over(app, ada):
    db.session.execute(sa.update(Session).values(expires_at=sa.func.now() - dt.timedelta(seconds=1)))
    problem(ada.get("accounts/me"), 401)


def test_a_session_ends_when_its_life_is_over_however_much_it_is_used(app, client, ada):
    began = dt.datetime.now(dt.UTC) - dt.timedelta(days=170)
    db.session.execute(sa.update(Session).values(created_at=began))
    fresh = json_of(refresh(client, ada.refresh_token))["refresh_token"]
    db.session.expire_all()
    assert db.session.scalars(sa.select(Session.expires_at)).one() == began + dt.timedelta(days=180)
    db.session.execute(sa.update(Session).values(created_at=began - dt.timedelta(days=11)))
    assert refresh(client, fresh).status_code == 201
    problem(ada.get("accounts/me"), 401, "invalid_token")


@pytest.mark.parametrize(
    "change",
    [{"alg": "none"}, {"type": "refresh"}, {"kid": "other"}, {"expired": True}, {"sid": "not-a-uuid"}, {"iss": "else"}, {"aud": "else"}],
)
def test_a_token_that_is_not_exactly_ours_is_refused(app, ada, change):
    key = app.config["JWT_KEYS"][0]
    claims = pyjwt.decode(ada.access_token, key, algorithms=["HS256"], issuer="zero2hero", audience="zero2hero")
    claims |= {name: value for name, value in change.items() if name in {"type", "sid", "iss", "aud"}}
    if "expired" in change:
        claims |= {"exp": claims["iat"] - 1}
    header = {"kid": change.get("kid", key_id(key))}
    forged = pyjwt.encode(claims, None if change.get("alg") == "none" else key, change.get("alg", "HS256"), header)
    ada.access_token = forged
    problem(ada.get("accounts/me"), 401, "invalid_token")


def test_a_token_signed_by_the_second_key_is_still_accepted(app, ada, monkeypatch):
    old, new = app.config["JWT_KEYS"][0], "a new secret that is long enough to sign"
    monkeypatch.setitem(app.config, "JWT_KEYS", (new, old))
    assert ada.get("accounts/me").status_code == 200
    fresh = json_of(refresh(ada.client, ada.refresh_token))["access_token"]
    assert pyjwt.get_unverified_header(fresh)["kid"] == key_id(new)
    monkeypatch.setitem(app.config, "JWT_KEYS", (new,))
    problem(ada.get("accounts/me"), 401)


def test_my_name_changes_only_from_the_version_i_have_seen(ada):
    seen = ada.get("accounts/me").headers["ETag"]
    assert json_of(ada.patch("accounts/me", {"name": "Augusta"}, match=seen))["name"] == "Augusta"
    problem(ada.patch("accounts/me", {"name": "Byron"}, match=seen), 412, "precondition_failed")
    assert json_of(ada.get("accounts/me"))["name"] == "Augusta"
