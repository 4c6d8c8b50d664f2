"""What happens at once, with real threads and real commits."""

import threading

import altcha
import sqlalchemy as sa

from app.accounts import User
from app.auth import mail_tokens, throttle
from app.auth.captcha.proof_of_work import ProofOfWork
from app.auth.models import Throttle
from app.db import unit_of_work
from app.extensions import db
from tests.kit import PASSWORD, Person


def at_once(count, act):
    results, start = [None] * count, threading.Barrier(count)

    def run(n):
        start.wait()
        results[n] = act(n)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_of_registrations_of_one_address_in_many_forms_one_makes_the_account(real):
    """The domain in Unicode's compatible forms, capital letters: one address."""
    forms = ["Same@Example.com", "same@EXAMPLE.COM", "SAME@example.com", "same@example.com"]

    def register(n, path="/api/v1/auth/registrations"):
        body = {"email": forms[n % 4], "password": PASSWORD, "name": "x"}
        return real.test_client().post(path, json=body).status_code

    assert sorted(at_once(8, register)) == [201] + [409] * 7
    real.config["AUTH_VERIFICATION"] = "required"
    assert at_once(4, register) == [202] * 4
    with real.app_context():
        assert db.session.scalars(sa.select(User.email_key)).all() == ["same@example.com"]


def test_addresses_that_are_one_in_unicode_are_one_account_however_they_come(real):
    """Forms that the schema of JSON refuses can still come from elsewhere (a provider): the verb compares them all."""
    from app import accounts

    forms = ["j\u00fcrgen@example.com", "ju\u0308rgen@example.com", "\uff4a\u00fcrgen@example.com", "J\u00dcRGEN@example.com"]

    def create(n):
        with real.app_context():
            try:
                with unit_of_work():
                    accounts.create(forms[n], "J\u00fcrgen", None)
                    return True
            except accounts.AddressTaken:
                return False
            finally:
                db.session.remove()

    assert sorted(at_once(4, create)) == [False, False, False, True]


def test_of_two_uses_of_one_reset_link_one_sets_the_password(real):
    ada = Person(real.test_client())
    for round_ in range(5):
        with real.app_context(), unit_of_work():
            user = db.session.scalars(sa.select(User)).one()
            token = mail_tokens.make(mail_tokens.RESET, user.id, {"email_key": user.email_key})

        def reset(n, token=token, round_=round_):
            body = {"token": token, "password": f"the new words {round_}.{n}"}
            return real.test_client().post("/api/v1/auth/password-resets/confirmation", json=body).status_code

        answers = at_once(2, reset)
        assert sorted(answers) == [204, 404]

        def log_in(n, round_=round_):
            body = {"email": ada.email, "password": f"the new words {round_}.{n}"}
            return real.test_client().post("/api/v1/auth/sessions", json=body).status_code

        assert [log_in(n) for n in range(2)] == [201 if answer == 204 else 401 for answer in answers]


def test_thirty_guesses_at_once_are_thirty_guesses(real):
    Person(real.test_client(), "Ada", "ada@example.com")

    def guess(n):
        body, place = {"email": "ada@example.com", "password": f"guess {n}"}, {"REMOTE_ADDR": f"198.51.100.{n}"}
        return real.test_client().post("/api/v1/auth/sessions", json=body, environ_base=place).status_code

    assert sorted(at_once(30, guess)) == [401] * 10 + [429] * 20
    with real.app_context():
        key = throttle.key_of(throttle.ACCOUNT, "ada@example.com")
        assert db.session.scalar(sa.select(Throttle.count).where(Throttle.key == key)) == 10


def test_two_accounts_that_confirm_one_address_at_once_do_not_both_get_it(real):
    people = [Person(real.test_client()) for _ in range(2)]
    with real.app_context(), unit_of_work():
        users = db.session.scalars(sa.select(User).order_by(User.id)).all()
        tokens = [mail_tokens.make(mail_tokens.CHANGE, user.id, {"email": "one@example.org", "from": user.email_key}) for user in users]

    def confirm(n):
        return real.test_client().post("/api/v1/auth/address-changes/confirmation", json={"token": tokens[n]}).status_code

    assert sorted(at_once(2, confirm)) == [204, 409]
    assert len(people) == 2


def test_one_proof_of_work_lets_one_of_eight_pass(real):
    real.extensions["captcha"] = ProofOfWork({**real.config, "AUTH_CAPTCHA_COST": 1})
    challenge = altcha.Challenge.from_dict(real.test_client().get("/api/v1/auth/captcha/challenge").get_json())
    proof = altcha.Payload(challenge, altcha.solve_challenge(challenge)).to_base64()

    def register(n):
        body = {"email": f"robot{n}@example.com", "password": PASSWORD, "name": "x", "captcha": proof}
        return real.test_client().post("/api/v1/auth/registrations", json=body).status_code

    assert sorted(at_once(8, register)) == [201] + [403] * 7
