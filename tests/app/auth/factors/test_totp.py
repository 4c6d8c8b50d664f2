"""Authenticator apps: the algorithm by its vectors, enrolment, and codes that work once."""

import sqlalchemy as sa

from app.auth.factors import totp
from app.auth.factors.models import RecoveryCode, Totp
from app.extensions import db
from tests.factors import App, as_session, asked, finish, log_in, with_app
from tests.kit import PASSWORD, json_of, problem

VECTORS = {
    59: ("94287082", "46119246", "90693936"),
    1111111109: ("07081804", "68084774", "25091201"),
    1111111111: ("14050471", "67062674", "99943326"),
    1234567890: ("89005924", "91819424", "93441116"),
    2000000000: ("69279037", "90698825", "38618901"),
    20000000000: ("65353130", "77737706", "47863826"),
}
"""RFC 6238, appendix B (with its erratum: each algorithm has a secret of its own length)."""


def test_the_codes_are_those_of_rfc_6238():
    digits = b"1234567890" * 7
    for seconds, expected in VECTORS.items():
        step = totp.step_of(seconds)
        found = [totp.code_at(digits[:length], step, 8, name) for name, length in (("sha1", 20), ("sha256", 32), ("sha512", 64))]
        assert tuple(found) == expected, seconds


def test_one_step_of_drift_is_accepted_and_two_are_not():
    secret = bytes(20)
    accepted = [drift for drift in range(-3, 4) if totp.matching_step(secret, totp.code_at(secret, 1000 + drift), 1000 * 30) is not None]
    assert accepted == [-1, 0, 1]
    assert totp.matching_step(secret, totp.code_at(secret, 1001), 1000 * 30) == 1001


def test_the_uri_is_one_that_apps_read():
    found = totp.uri(b"12345678901234567890", "ada+x@example.com", "Zero2Hero")
    assert found == (
        "otpauth://totp/Zero2Hero:ada%2Bx@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Zero2Hero&digits=6&period=30"
    )


def test_an_app_counts_once_a_code_has_confirmed_it(client, ada):
    enrolment = json_of(ada.post("accounts/me/totp"))
    app = App(enrolment["secret"])
    assert f"secret={enrolment['secret']}&" in enrolment["uri"] and ada.email.replace("@", "@") in enrolment["uri"]
    assert log_in(client, ada).status_code == 201
    problem(ada.post("accounts/me/totp/confirmation", {"code": app.wrong()}), 403, "wrong_code")
    assert json_of(ada.get("accounts/me/second-factors")) == {"totp": False, "passkeys": 0, "recovery_codes": 0, "required": False}
    codes = json_of(ada.post("accounts/me/totp/confirmation", {"code": app.code()}))["recovery_codes"]
    assert len(set(codes)) == 10
    assert json_of(ada.get("accounts/me/second-factors")) == {"totp": True, "passkeys": 0, "recovery_codes": 10, "required": False}
    assert asked(client, ada)["methods"] == ["totp", "recovery"]


def test_nothing_to_confirm_is_a_conflict_and_nothing_to_disable_is_not_found(ada):
    problem(ada.post("accounts/me/totp/confirmation", {"code": "123456"}), 409, "nothing_to_confirm")
    problem(ada.delete("accounts/me/totp", match=None), 404)


def test_the_secret_is_not_in_the_database_and_the_codes_are_not_either(app, ada):
    mine = with_app(ada)
    sealed = db.session.scalars(sa.select(Totp.secret)).one()
    assert mine.secret not in sealed and totp.base32(mine.secret).encode() not in sealed
    hashes = db.session.scalars(sa.select(RecoveryCode.hash)).all()
    assert {len(h) for h in hashes} == {32}


def test_a_log_in_is_finished_by_a_code_and_the_code_is_spent(client, ada, ada_app):
    first, second = asked(client, ada), asked(client, ada)
    code = ada_app.code()
    tokens = json_of(finish(client, first["token"], code=code))
    assert (tokens["user"]["id"], tokens["token_type"]) == (ada.id, "Bearer")
    assert as_session(client, tokens).get("accounts/me").status_code == 200
    sessions = json_of(as_session(client, tokens).get("accounts/me/sessions"))["items"]
    assert next(s["methods"] for s in sessions if s["current"]) == ["password", "totp"]
    problem(finish(client, second["token"], code=code), 401, "wrong_second_factor")
    assert json_of(finish(client, second["token"], code=ada_app.code(1)))["user"]["id"] == ada.id


def test_a_code_of_before_the_newest_is_spent_too(client, ada, ada_app):
    assert finish(client, asked(client, ada)["token"], code=ada_app.code(1)).status_code == 201
    problem(finish(client, asked(client, ada)["token"], code=ada_app.code(0)), 401, "wrong_second_factor")


def test_a_new_app_replaces_the_old_one_when_it_is_confirmed_and_not_before(client, ada, ada_app):
    fresh = App(json_of(ada.post("accounts/me/totp"))["secret"])
    problem(finish(client, asked(client, ada)["token"], code=fresh.code()), 401)
    assert finish(client, asked(client, ada)["token"], code=ada_app.code()).status_code == 201
    assert json_of(ada.post("accounts/me/totp/confirmation", {"code": fresh.code(-1)})) == {"recovery_codes": []}
    problem(finish(client, asked(client, ada)["token"], code=ada_app.code(1)), 401)
    assert finish(client, asked(client, ada)["token"], code=fresh.code()).status_code == 201


def test_without_the_app_the_password_is_enough_again_and_the_codes_are_void(client, ada, ada_app):
    assert ada.delete("accounts/me/totp", match=None).status_code == 204
    assert log_in(client, ada).status_code == 201
    assert db.session.scalars(sa.select(RecoveryCode.hash)).all() == []
    problem(ada.post("accounts/me/recovery-codes"), 409, "no_second_factor")


def test_a_secret_sealed_under_another_key_is_a_wrong_code_and_no_crash(app, client, ada, ada_app, monkeypatch, caplog):
    monkeypatch.setitem(app.config, "SECRET_KEY", "another secret that is as long as it must be")
    problem(finish(client, asked(client, ada)["token"], code=ada_app.code()), 401, "wrong_second_factor")
    assert "sealed under another SECRET_KEY" in caplog.text


def test_the_password_is_still_asked_first(client, ada, ada_app):
    answer = client.post("/api/v1/auth/sessions", json={"email": ada.email, "password": PASSWORD + "x"})
    problem(answer, 401, "wrong_credentials")
