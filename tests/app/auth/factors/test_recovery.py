"""Recovery codes: each opens the account once."""

from tests.factors import as_session, asked, finish
from tests.kit import json_of, problem


def test_a_recovery_code_works_once_however_it_is_written(client, ada, ada_app):
    first, second = ada.codes[:2]
    tokens = json_of(finish(client, asked(client, ada)["token"], code=f" {first.upper().replace('-', ' ')} "))
    assert json_of(as_session(client, tokens).get("accounts/me/second-factors"))["recovery_codes"] == 9
    problem(finish(client, asked(client, ada)["token"], code=first), 401, "wrong_second_factor")
    assert finish(client, asked(client, ada)["token"], code=second).status_code == 201


def test_the_codes_of_another_open_nothing(client, ada, grace, ada_app):
    from tests.factors import with_app

    with_app(grace)
    problem(finish(client, asked(client, ada)["token"], code=grace.codes[0]), 401)
    assert finish(client, asked(client, grace)["token"], code=grace.codes[0]).status_code == 201


def test_renewed_codes_make_the_old_ones_void(client, ada, ada_app):
    fresh = json_of(ada.post("accounts/me/recovery-codes"))["recovery_codes"]
    assert len(set(fresh) | set(ada.codes)) == 20
    problem(finish(client, asked(client, ada)["token"], code=ada.codes[0]), 401)
    assert finish(client, asked(client, ada)["token"], code=fresh[0]).status_code == 201


def test_the_codes_are_nowhere_in_the_audit_log(ada, ada_app):
    entries = json_of(ada.get("audit/mine"))["items"]
    assert {"auth.totp_enrolled", "auth.recovery_codes_made"} <= {entry["action"] for entry in entries}
    assert not any(code in str(entries) for code in ada.codes)
