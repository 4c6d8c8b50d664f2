"""Nobody learns from an answer, or from the time it takes, whether an address has an account."""

import statistics
import time

import pytest
import sqlalchemy as sa

from app.accounts import User
from app.auth.passwords import Hasher
from app.extensions import db
from tests.kit import PASSWORD, Person

ROUNDS = 9
NOISE = 1.6
"""The slower of two medians may take this many times the other. Not hashing for one of them would be a factor of five."""


@pytest.fixture
def slowly(app, monkeypatch):
    """Passwords hashed as in production; addresses must be confirmed."""
    hasher = Hasher({**app.config, "ARGON2_MEMORY": 19_456, "ARGON2_TIME": 2})
    monkeypatch.setitem(app.extensions, "passwords", hasher)
    monkeypatch.setitem(app.config, "AUTH_VERIFICATION", "required")
    return hasher


def told(answer):
    """What a stranger sees, but for what differs from one request to the next anyway."""
    body = answer.get_json() if answer.data else None
    headers = {name: value for name, value in answer.headers if name not in {"X-Request-ID", "Date"}}
    return answer.status_code, {k: v for k, v in body.items() if k != "request_id"} if body else None, headers


def compare(act, known, unknown):
    """The answers to both, and the ratio of the medians of their times, taken by turns."""
    seconds, answers = ([], []), []
    for n in range(ROUNDS):
        for which, subject in enumerate((known(n), unknown(n))):
            began = time.perf_counter()
            answer = act(subject, n)
            seconds[which].append(time.perf_counter() - began)
            answers.append(told(answer))
    medians = sorted(statistics.median(taken) for taken in seconds)
    return answers, medians[1] / medians[0]


def from_elsewhere(n):
    return {"REMOTE_ADDR": f"198.51.100.{n}"}


def test_a_log_in_tells_nothing(client, ada, slowly):
    db.session.execute(sa.update(User).values(password_hash=slowly.hash(PASSWORD)))
    db.session.commit()

    def log_in(email, n):
        body = {"email": email, "password": f"not her passphrase {n}"}
        return client.post("/api/v1/auth/sessions", json=body, environ_base=from_elsewhere(n))

    answers, ratio = compare(log_in, lambda n: ada.email, lambda n: "nobody@example.com")
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 401
    assert ratio < NOISE


def test_a_log_in_to_a_disabled_account_and_one_without_a_password_tell_nothing(client, ada, grace, slowly):
    db.session.execute(sa.update(User).where(User.email == ada.email).values(disabled_at=sa.func.now()))
    db.session.execute(sa.update(User).where(User.email == grace.email).values(password_hash=None))
    db.session.commit()
    emails = (ada.email, grace.email, "nobody@example.com")
    answers = [told(client.post("/api/v1/auth/sessions", json={"email": email, "password": PASSWORD})) for email in emails]
    assert answers[0] == answers[1] == answers[2]


def test_a_registration_tells_nothing(client, slowly):
    client.application.config["AUTH_VERIFICATION"] = "optional"
    people = [Person(client) for _ in range(ROUNDS)]
    client.application.config["AUTH_VERIFICATION"] = "required"
    db.session.execute(sa.update(User).values(verified_at=sa.func.now()))
    db.session.commit()

    def register(email, n):
        return client.post("/api/v1/auth/registrations", json={"email": email, "password": PASSWORD, "name": "Somebody"})

    answers, ratio = compare(register, lambda n: people[n].email, lambda n: f"new{n}@example.com")
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][:2] == (202, None)
    assert ratio < NOISE


@pytest.mark.parametrize("path", ["password-resets", "verifications"])
def test_asking_for_a_mail_tells_nothing(client, ada, path):
    def ask(email, n):
        return client.post(f"/api/v1/auth/{path}", json={"email": email})

    answers, ratio = compare(ask, lambda n: ada.email, lambda n: "nobody@example.com")
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][:2] == (202, None)
    assert ratio < NOISE


def test_waiting_tells_nothing(client, ada):
    """An account that nobody has is locked like one that somebody has."""

    def log_in(email, n):
        body = {"email": email, "password": "wrong"}
        return client.post("/api/v1/auth/sessions", json=body, environ_base=from_elsewhere(n))

    known, unknown = ([told(log_in(email, n)) for n in range(13)] for email in (ada.email, "nobody@example.com"))
    assert known == unknown
    assert [status for status, _, _ in known] == [401] * 10 + [429] * 3
