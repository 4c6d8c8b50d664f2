"""Passkeys by their protocol: every promise of a ceremony broken once."""

import datetime as dt

import pytest
import sqlalchemy as sa

from app.accounts import User
from app.auth.factors.models import Challenge, Passkey
from app.extensions import db
from tests.authenticator import PRESENT, Authenticator
from tests.factors import as_session, asked, finish, log_in, with_passkey
from tests.kit import json_of, problem


def begun(person):
    return json_of(person.post("accounts/me/passkey-challenges"))["options"]


def add(person, credential, name="Key"):
    return person.post("accounts/me/passkeys", {"name": name, "credential": credential})


def challenge(client):
    return json_of(client.post("/api/v1/auth/passkey-challenges"))["options"]


def sign_in(client, assertion):
    return client.post("/api/v1/auth/sessions/passkey", json={"passkey": assertion})


def kept():
    return db.session.execute(sa.select(Passkey.sign_count, Passkey.last_used_at)).one()


def test_the_options_ask_for_what_a_passkey_alone_needs(ada):
    options = begun(ada)
    assert options["rp"] == {"id": "localhost", "name": "Zero2Hero"}
    assert (options["user"]["name"], options["user"]["displayName"], options["attestation"]) == (ada.email, "Ada", "none")
    chosen = options["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["requireResidentKey"], chosen["userVerification"]) == ("required", True, "required")
    assert options["excludeCredentials"] == []


def test_a_passkey_is_added_listed_renamed_and_removed(client, ada, ada_key):
    (listed,) = json_of(ada.get("accounts/me/passkeys"))["items"]
    assert (listed["name"], listed["transports"], listed["last_used_at"]) == ("Key", ["internal"], None)
    assert begun(ada)["excludeCredentials"][0]["transports"] == ["internal"]
    path = f"accounts/me/passkeys/{listed['id']}"
    assert json_of(ada.patch(path, {"name": "Blue one"}, match='"1"'))["name"] == "Blue one"
    problem(ada.patch(path, {"name": "Red one"}, match='"1"'), 412)
    assert ada.delete(path).status_code == 204
    assert json_of(ada.get("accounts/me/passkeys"))["items"] == []
    assert log_in(client, ada).status_code == 201


def test_the_passkey_of_another_is_not_found(ada, grace, ada_key):
    path = f"accounts/me/passkeys/{ada_key.passkey_id}"
    problem(grace.patch(path, {"name": "Mine"}), 404, "no_such_passkey")
    problem(grace.delete(path), 404, "no_such_passkey")
    assert json_of(ada.get("accounts/me/passkeys"))["items"][0]["name"] == "Key"


def test_a_passkey_alone_signs_in(client, ada, ada_key):
    tokens = json_of(sign_in(client, ada_key.get(challenge(client))))
    assert tokens["user"]["id"] == ada.id
    found = json_of(as_session(client, tokens).get("accounts/me/sessions"))["items"]
    assert next(s["methods"] for s in found if s["current"]) == ["passkey"]
    assert kept().sign_count == 2 and kept().last_used_at is not None


def test_a_passkey_is_the_second_step_after_the_password(client, ada, ada_key):
    second = asked(client, ada)
    assert second["methods"] == ["passkey"]
    assert len(second["passkey"]["allowCredentials"]) == 1
    # After a password, presence is enough.
    assert finish(client, second["token"], passkey=ada_key.get(second["passkey"], flags=PRESENT)).status_code == 201


LIES = {
    "another origin": {"origin": "https://evil.example"},
    "another host by its port": {"origin": "http://localhost:666"},
    "another kind of answer": {"type": "webauthn.create"},
    "a frame of another page": {"crossOrigin": True},
    "a challenge of nobody": {"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
    "without verification": {"flags": PRESENT},
    "without presence": {"flags": 4},
    "another person's handle": {"user_handle": bytes(16)},
    "a counter that went back": {"count": 0},
    "a counter that stood still": {"count": 1},
}


@pytest.mark.parametrize("lie", LIES)
def test_an_assertion_with_one_lie_is_refused_and_changes_nothing(client, ada, ada_key, lie):
    assert ada_key.count == 1
    problem(sign_in(client, ada_key.get(challenge(client), **LIES[lie])), 401, "wrong_passkey")
    assert kept() == (1, None)


@pytest.mark.parametrize("lie", [lie for lie in LIES if not {"count", "user_handle"} & set(LIES[lie])])
def test_a_registration_with_one_lie_is_refused_and_changes_nothing(ada, lie):
    lies = dict(LIES[lie])
    if lies.get("type"):
        lies["type"] = "webauthn.get"
    problem(add(ada, Authenticator().make(begun(ada), **lies)), 403, "passkey_refused")
    assert json_of(ada.get("accounts/me/passkeys"))["items"] == []


def test_the_site_that_the_key_is_for_must_be_ours(client, ada, ada_key):
    problem(add(ada, Authenticator(rp_id="evil.example").make(begun(ada))), 403, "passkey_refused")
    ada_key.rp_id = "evil.example"
    problem(sign_in(client, ada_key.get(challenge(client))), 401, "wrong_passkey")


def test_a_signature_of_another_key_is_refused(client, ada, ada_key):
    ada_key.key = Authenticator().key
    problem(sign_in(client, ada_key.get(challenge(client))), 401, "wrong_passkey")


def test_an_answer_works_once(client, ada, ada_key):
    options = begun(ada)
    made = Authenticator().make(options)
    assert add(ada, made).status_code == 201
    problem(add(ada, made), 403, "passkey_refused")
    assertion = ada_key.get(challenge(client))
    assert sign_in(client, assertion).status_code == 201
    problem(sign_in(client, assertion), 401, "wrong_passkey")


def test_a_wrong_answer_spends_the_challenge(client, ada, ada_key):
    options = challenge(client)
    problem(sign_in(client, ada_key.get(options, origin="https://evil.example")), 401)
    problem(sign_in(client, ada_key.get(options)), 401)


def test_a_challenge_is_for_one_purpose_and_one_person(client, ada, grace, ada_key):
    problem(add(grace, Authenticator().make(begun(ada))), 403)
    second = asked(client, ada)
    problem(sign_in(client, ada_key.get(second["passkey"])), 401)
    problem(finish(client, second["token"], passkey=ada_key.get(challenge(client))), 401)
    theirs = with_passkey(grace)
    problem(finish(client, second["token"], passkey=theirs.get(second["passkey"])), 401)


def test_a_challenge_lives_for_five_minutes(client, ada, ada_key):
    options = challenge(client)
    db.session.execute(sa.update(Challenge).values(expires_at=sa.func.now() - dt.timedelta(seconds=1)))
    problem(sign_in(client, ada_key.get(options)), 401)


def test_a_copied_passkey_is_written_down(client, ada, ada_key):
    sign_in(client, ada_key.get(challenge(client), count=1))
    assert json_of(ada.get("audit/mine?action=auth.passkey_copied"))["items"][0]["details"] == {"passkey": ada_key.passkey_id}


def test_an_authenticator_without_a_counter_is_believed(client, ada, ada_key):
    db.session.execute(sa.update(Passkey).values(sign_count=0))
    for _ in range(2):
        assert sign_in(client, ada_key.get(challenge(client), count=0)).status_code == 201


def test_one_key_is_registered_once(ada, grace, ada_key):
    problem(add(grace, ada_key.make(begun(grace))), 403, "passkey_refused")
    assert db.session.scalars(sa.select(Passkey.name)).all() == ["Key"]


def test_a_disabled_account_does_not_get_in_by_passkey(client, ada, ada_key):
    db.session.execute(sa.update(User).values(disabled_at=sa.func.now()))
    problem(sign_in(client, ada_key.get(challenge(client))), 401, "wrong_passkey")


@pytest.mark.parametrize("place", ["clientDataJSON", "authenticatorData", "signature", "attestationObject"])
def test_bytes_that_are_none_are_refused_and_no_crash(client, ada, ada_key, place):
    for junk in ("AA", "A", "W1tbW1tb" * 200, "_" * 1000):
        if place == "attestationObject":
            credential = Authenticator().make(begun(ada))
            credential["response"][place] = junk
            problem(add(ada, credential), 403, "passkey_refused")
        else:
            assertion = ada_key.get(challenge(client))
            assertion["response"][place] = junk
            problem(sign_in(client, assertion), 401, "wrong_passkey")


def test_the_origin_is_that_of_the_public_address_and_of_pages_below_it(app, client, ada, monkeypatch):
    monkeypatch.setitem(app.config, "PUBLIC_URL", "https://example.com:8443")
    monkeypatch.setitem(app.config, "CORS_ORIGINS", ("https://app.example.com", "https://notexample.com"))
    for origin, status in (
        ("https://example.com:8443", 201),
        ("https://app.example.com", 201),
        ("https://notexample.com", 403),
        ("https://example.com", 403),
    ):
        options = begun(ada)
        assert options["rp"]["id"] == "example.com"
        assert add(ada, Authenticator(origin, rp_id="example.com").make(options)).status_code == status, origin


def test_in_production_the_host_of_a_request_names_nothing(app, client, monkeypatch):
    monkeypatch.setitem(app.config, "APP_ENV", "production")
    problem(client.post("/api/v1/auth/passkey-challenges"), 503, "unavailable")
