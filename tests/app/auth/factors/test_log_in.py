"""The two steps of a log-in: what the token between them is good for, and what ends it."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from app.accounts import User
from app.auth import throttle
from app.auth.factors import proofs
from app.auth.factors.models import PendingLogIn
from app.auth.models import Session
from app.extensions import db
from tests.factors import as_session, asked, finish, log_in
from tests.kit import json_of, problem


def sessions():
    return db.session.scalar(sa.select(sa.func.count()).select_from(Session))


def test_the_first_step_signs_nobody_in(client, ada, ada_app):
    before = sessions()
    answer = log_in(client, ada)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (202, "no-store")
    second = json_of(answer)["second_factor"]
    assert set(json_of(answer)) == {"second_factor"}
    assert (second["methods"], second["expires_in"], second["passkey"]) == (["totp", "recovery"], 300, None)
    assert second["token"].startswith("z2h_2fa_")
    problem(client.get("/api/v1/accounts/me", headers={"Authorization": f"Bearer {second['token']}"}), 401, "invalid_token")
    assert sessions() == before
    assert second["token"].encode() not in b"".join(db.session.scalars(sa.select(PendingLogIn.hash)))


def test_the_token_works_once(client, ada, ada_app):
    token = asked(client, ada)["token"]
    assert finish(client, token, code=ada_app.code()).status_code == 201
    problem(finish(client, token, code=ada_app.code(1)), 401, "log_in_expired")


def test_the_token_is_bound_to_its_account(client, ada, grace, ada_app):
    from tests.factors import with_app

    theirs = with_app(grace)
    problem(finish(client, asked(client, ada)["token"], code=theirs.code()), 401, "wrong_second_factor")


def test_after_five_attempts_it_is_over(client, ada, ada_app):
    token = asked(client, ada)["token"]
    for _ in range(5):
        problem(finish(client, token, code=ada_app.wrong()), 401, "wrong_second_factor")
    problem(finish(client, token, code=ada_app.code()), 401, "log_in_expired")


def test_after_five_minutes_it_is_over(client, ada, ada_app):
    token = asked(client, ada)["token"]
    db.session.execute(sa.update(PendingLogIn).values(expires_at=sa.func.now() - dt.timedelta(seconds=1)))
    problem(finish(client, token, code=ada_app.code()), 401, "log_in_expired")


@pytest.mark.parametrize("token", ["nonsense", "z2h_2fa_" + "0" * 49, "z2h_rt_" + "0" * 49])
def test_a_token_that_was_never_given_out_is_over_too(client, token):
    problem(finish(client, token, code="123456"), 401, "log_in_expired")


def test_a_change_of_the_password_ends_what_had_begun_before(client, ada, ada_app):
    token = asked(client, ada)["token"]
    assert (
        ada.put("accounts/me/password", {"current_password": "a good long passphrase", "new_password": "another passphrase"}).status_code
        == 204
    )
    problem(finish(client, token, code=ada_app.code()), 401, "log_in_expired")


def test_a_disabled_account_does_not_get_in(client, ada, ada_app):
    token, before = asked(client, ada)["token"], sessions()
    db.session.execute(sa.update(User).values(disabled_at=sa.func.now()))
    problem(finish(client, token, code=ada_app.code()), 401, "log_in_expired")
    assert sessions() == before


def test_nothing_and_half_wrong_are_not_enough(client, ada, ada_app, ada_key):
    second = asked(client, ada)
    problem(finish(client, second["token"]), 401, "wrong_second_factor")
    answer = ada_key.get(second["passkey"])
    problem(finish(client, second["token"], code=ada_app.wrong(), passkey=answer), 401, "wrong_second_factor")


def test_wrong_codes_make_codes_slow_for_the_account_and_not_passkeys(client, ada, ada_app, ada_key):
    for _ in range(2):
        token = asked(client, ada)["token"]
        for _ in range(5):
            problem(finish(client, token, code=ada_app.wrong()), 401, "wrong_second_factor")
    second = asked(client, ada)
    refused = finish(client, second["token"], code=ada_app.code())
    problem(refused, 429, "too_many_attempts")
    assert int(refused.headers["Retry-After"]) <= 2
    assert finish(client, second["token"], passkey=ada_key.get(second["passkey"])).status_code == 201


def test_a_right_code_lets_the_wrong_ones_be_forgotten(client, ada, ada_app):
    token = asked(client, ada)["token"]
    for _ in range(4):
        problem(finish(client, token, code=ada_app.wrong()), 401)
    assert finish(client, token, code=ada_app.code()).status_code == 201
    assert throttle.count(throttle.CODE, proofs.key(uuid.UUID(ada.id))) == 0


def test_each_step_is_in_the_audit_log(client, ada, ada_app):
    token = asked(client, ada)["token"]
    finish(client, token, code=ada_app.wrong())
    tokens = json_of(finish(client, token, code=ada_app.code()))
    entries = json_of(as_session(client, tokens).get("audit/mine"))["items"]
    assert [(e["action"], e["details"].get("methods")) for e in entries[:3]] == [
        ("auth.signed_in", ["password", "totp"]),
        ("auth.second_factor_refused", None),
        ("auth.second_factor_asked", ["password"]),
    ]
