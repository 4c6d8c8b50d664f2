"""Proving again who one is, and what asks for it."""

import datetime as dt

import pytest
import sqlalchemy as sa

from app.auth.models import PersonalToken, Session
from app.extensions import db
from tests.factors import App, as_session
from tests.kit import PASSWORD, json_of, problem


def long_ago():
    db.session.execute(sa.update(Session).values(authenticated_at=sa.func.now() - dt.timedelta(minutes=10, seconds=1)))


def prove(person, **proof):
    return person.post("auth/reauthentications", proof)


def token_of(person):
    return json_of(person.post("accounts/me/tokens", {"name": "CI", "scopes": ["accounts.read", "accounts.write"]}))["token"]


DANGEROUS = [
    ("POST", "accounts/me/totp", None),
    ("POST", "accounts/me/totp/confirmation", {"code": "123456"}),
    ("DELETE", "accounts/me/totp", None),
    ("POST", "accounts/me/recovery-codes", None),
    ("POST", "accounts/me/passkey-challenges", None),
    ("POST", "accounts/me/tokens", {"name": "CI", "scopes": ["accounts.read"]}),
    ("DELETE", "accounts/me/password", None),
]


@pytest.mark.parametrize(("method", "path", "body"), DANGEROUS)
def test_what_is_dangerous_asks_who_proved_it_within_ten_minutes(ada, ada_app, method, path, body):
    long_ago()
    problem(ada.request(method, path, **({"json": body} if body else {})), 403, "reauthentication_required")
    assert db.session.scalars(sa.select(PersonalToken.id)).all() == []
    assert json_of(ada.get("accounts/me/second-factors"))["totp"] is True
    assert ada.get("accounts/me").status_code == 200


def test_a_passkey_is_not_removed_by_who_sat_down_later(ada, ada_key):
    long_ago()
    problem(ada.delete(f"accounts/me/passkeys/{ada_key.passkey_id}"), 403, "reauthentication_required")
    assert len(json_of(ada.get("accounts/me/passkeys"))["items"]) == 1


def test_the_password_renews_it(ada):
    long_ago()
    problem(prove(ada, password="not it"), 403, "wrong_password")
    problem(ada.post("accounts/me/totp"), 403, "reauthentication_required")
    assert json_of(prove(ada, password=PASSWORD))["methods"] == ["password"]
    assert ada.post("accounts/me/totp").status_code == 201


def test_a_code_renews_it_and_a_spent_one_does_not(ada, ada_app):
    long_ago()
    code = ada_app.code()
    assert json_of(prove(ada, code=code))["methods"] == ["password", "totp"]
    long_ago()
    problem(prove(ada, code=code), 403, "not_proven")
    problem(ada.delete("accounts/me/totp", match=None), 403, "reauthentication_required")


def test_a_passkey_renews_it(ada, ada_key):
    long_ago()
    options = json_of(ada.post("auth/reauthentication-challenges"))["options"]
    problem(prove(ada, passkey=ada_key.get(options, origin="https://evil.example")), 403, "not_proven")
    options = json_of(ada.post("auth/reauthentication-challenges"))["options"]
    assert json_of(prove(ada, passkey=ada_key.get(options)))["methods"] == ["password", "passkey"]
    assert ada.delete(f"accounts/me/passkeys/{ada_key.passkey_id}").status_code == 204


def test_all_that_is_sent_must_be_right_and_something_must_be_sent(ada, ada_app):
    long_ago()
    problem(prove(ada), 403, "not_proven")
    problem(prove(ada, password=PASSWORD, code=ada_app.wrong()), 403, "not_proven")
    problem(prove(ada, password="not it", code=ada_app.code()), 403, "wrong_password")
    problem(ada.delete("accounts/me/totp", match=None), 403, "reauthentication_required")
    assert prove(ada, password=PASSWORD, code=ada_app.code()).status_code == 201


def test_the_proof_of_one_session_is_not_that_of_another(client, ada):
    other = as_session(client, json_of(client.post("/api/v1/auth/sessions", json={"email": ada.email, "password": PASSWORD})))
    long_ago()
    assert prove(other, password=PASSWORD).status_code == 201
    assert other.post("accounts/me/totp").status_code == 201
    problem(ada.post("accounts/me/totp"), 403, "reauthentication_required")


def test_a_personal_token_never_passes(client, ada, ada_app):
    program = as_session(client, {"access_token": token_of(ada)})
    problem(program.delete("accounts/me/totp", match=None), 403, "reauthentication_required")
    problem(prove(program, password=PASSWORD), 403, "forbidden")
    assert json_of(ada.get("accounts/me/second-factors"))["totp"] is True


def test_ten_wrong_passwords_make_it_wait(ada):
    for _ in range(10):
        problem(prove(ada, password="not it"), 403)
    problem(prove(ada, password=PASSWORD), 429, "too_many_attempts")


def test_proofs_and_refusals_are_in_the_audit_log(ada):
    prove(ada, password="not it")
    prove(ada, password=PASSWORD)
    entries = json_of(ada.get("audit/mine"))["items"][:2]
    assert [(e["action"], e["details"]) for e in entries] == [
        ("auth.reauthenticated", {"methods": ["password"]}),
        ("auth.password_refused", {}),
    ]


def test_a_first_app_proves_the_session_in_which_it_was_confirmed(ada):
    app = App(json_of(ada.post("accounts/me/totp"))["secret"])
    ada.post("accounts/me/totp/confirmation", {"code": app.code()})
    assert json_of(ada.get("accounts/me/sessions"))["items"][0]["methods"] == ["password", "totp"]
