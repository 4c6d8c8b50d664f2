"""Log-ins beyond what can be hashed at once wait for a bounded time, then are refused with a time to come back."""

import pytest

from app.auth import passwords
from tests.kit import PASSWORD, problem


@pytest.fixture
def all_busy(app, monkeypatch):
    """Every turn of the hasher is taken, and nobody waits for long."""
    monkeypatch.setattr(passwords, "PATIENCE", 0.05)
    hasher, taken = app.extensions["passwords"], 0
    while hasher._turns.acquire(blocking=False):
        taken += 1
    assert taken == app.config["PASSWORD_HASHES_AT_ONCE"]
    yield
    for _ in range(taken):
        hasher._turns.release()


def test_log_ins_beyond_the_queue_are_refused_with_a_time_to_come_back(client, ada, all_busy):
    answer = client.post("/api/v1/auth/sessions", json={"email": ada.email, "password": PASSWORD})
    problem(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "2"
    assert ada.get("accounts/me").status_code == 200


def test_a_registration_beyond_the_queue_makes_no_account(client, ada, all_busy):
    body = {"email": "late@example.com", "password": PASSWORD, "name": "Late"}
    problem(client.post("/api/v1/auth/registrations", json=body), 503, "unavailable")
    from app.accounts import find_by_email

    assert find_by_email("late@example.com") is None


def test_a_turn_is_given_back_when_hashing_fails(app):
    hasher = app.extensions["passwords"]
    for _ in range(10):
        with pytest.raises(ZeroDivisionError):
            hasher._apart(lambda: 1 // 0)
    assert hasher.verify(hasher.hash("x"), "x") is True
