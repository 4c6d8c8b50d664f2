"""What may happen once happens once, and what must remain remains, however many try at the same moment."""

import uuid
from collections import Counter

import sqlalchemy as sa

from app import auth
from app.auth.factors.models import Passkey, Totp
from app.auth.models import Session
from app.extensions import db
from tests.app.test_races import as_another, at_once
from tests.factors import asked, finish, with_app, with_passkey
from tests.kit import Person, json_of


def test_a_code_that_comes_eight_times_at_once_opens_one_session(real):
    ada = Person(real.test_client())
    with real.app_context():
        app = with_app(ada)
    tokens = [asked(ada.client, ada)["token"] for _ in range(8)]
    code = app.code()
    answers = at_once(8, lambda n: finish(real.test_client(), tokens[n], code=code).status_code)
    assert Counter(answers) == {201: 1, 401: 7}
    with real.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Session)) == 2


def test_a_recovery_code_and_a_token_work_once_at_once(real):
    ada = Person(real.test_client())
    with_app(ada)
    tokens = [asked(ada.client, ada)["token"] for _ in range(4)]
    answers = at_once(4, lambda n: finish(real.test_client(), tokens[n], code=ada.codes[0]).status_code)
    assert Counter(answers) == {201: 1, 401: 3}
    token = asked(ada.client, ada)["token"]
    answers = at_once(4, lambda n: finish(real.test_client(), token, code=ada.codes[1 + n]).status_code)
    assert Counter(answers) == {201: 1, 401: 3}
    assert json_of(ada.get("accounts/me/second-factors"))["recovery_codes"] == 8


def test_twenty_guesses_at_once_are_ten(real):
    ada = Person(real.test_client())
    app = with_app(ada)
    wrong = app.wrong()
    tokens = [asked(ada.client, ada)["token"] for _ in range(20)]
    answers = at_once(20, lambda n: finish(real.test_client(), tokens[n], code=wrong).status_code)
    assert Counter(answers) == {401: 10, 429: 10}


def test_one_assertion_at_once_signs_in_once(real):
    ada = Person(real.test_client())
    key = with_passkey(ada)
    for _ in range(3):
        options = json_of(ada.client.post("/api/v1/auth/passkey-challenges"))["options"]
        assertion = key.get(options)

        def sign_in(_, assertion=assertion):
            return real.test_client().post("/api/v1/auth/sessions/passkey", json={"passkey": assertion}).status_code

        assert Counter(at_once(4, sign_in)) == {201: 1, 401: 3}


def test_of_two_last_ways_in_that_are_removed_at_once_one_stays(real):
    outcomes = Counter()
    for _ in range(6):
        ada = Person(real.test_client())
        keys = [with_passkey(ada, name) for name in ("First", "Second")]
        assert ada.delete("accounts/me/password", match=None).status_code == 204
        paths = [f"accounts/me/passkeys/{key.passkey_id}" for key in keys]
        outcomes[tuple(sorted(at_once(2, lambda n, paths=paths, ada=ada: as_another(real, ada).delete(paths[n]).status_code)))] += 1
        with real.app_context():
            assert len(auth.ways_in(uuid.UUID(ada.id))) == 1
    assert outcomes == {(204, 409): 6}


def test_the_password_and_the_passkey_do_not_go_at_once(real):
    for _ in range(6):
        ada = Person(real.test_client())
        key = with_passkey(ada)
        paths = ["accounts/me/password", f"accounts/me/passkeys/{key.passkey_id}"]
        answers = at_once(2, lambda n, paths=paths, ada=ada: as_another(real, ada).delete(paths[n], match=None).status_code)
        assert sorted(answers) == [204, 409]


def test_enrolments_and_confirmations_at_once_leave_one_app(real):
    ada = Person(real.test_client())
    answers = at_once(6, lambda n: as_another(real, ada).post("accounts/me/totp"))
    assert {answer.status_code for answer in answers} == {201}
    with real.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Totp)) == 1
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Passkey)) == 0
