"""Guessing gets slower, for accounts and for networks; who belongs there still gets in."""

import datetime as dt

import pytest
import sqlalchemy as sa

from app.accounts import find_by_email
from app.auth import throttle
from app.auth.models import Place, Throttle
from app.auth.throttle import ACCOUNT, NETWORK
from app.extensions import db
from tests.app.auth.conftest import acts
from tests.kit import PASSWORD, problem

ELSEWHERE = "198.51.100."


def log_in(client, email, password=PASSWORD, address="127.0.0.1"):
    body = {"email": email, "password": password}
    return client.post("/api/v1/auth/sessions", json=body, environ_base={"REMOTE_ADDR": address})


def hammer(client, email, times=10):
    """Wrong passwords, each from another network."""
    return [log_in(client, email, "wrong", f"{ELSEWHERE}{n}").status_code for n in range(times)]


def later(seconds):
    """The clock goes on for everything that is refused."""
    past = dt.timedelta(seconds=seconds)
    db.session.execute(sa.update(Throttle).values(until=Throttle.until - past, last_at=Throttle.last_at - past))
    db.session.commit()


def forget(app):
    app.extensions["refused_attempts"].clear()


def test_after_ten_wrong_guesses_from_anywhere_strangers_must_wait(client, ada):
    assert hammer(client, ada.email, 12) == [401] * 10 + [429] * 2
    refused = log_in(client, ada.email, PASSWORD, "203.0.113.9")
    found = problem(refused, 429, "too_many_attempts")
    assert (found["title"], refused.headers["Retry-After"]) == ("Too many wrong attempts.", "1")


def test_the_owner_still_gets_in_from_where_they_were_before(client, ada):
    hammer(client, ada.email, 15)
    assert log_in(client, ada.email).status_code == 201
    assert log_in(client, ada.email, address="203.0.113.9").status_code == 429


def test_a_place_is_known_for_thirty_days(app, client, ada):
    db.session.execute(sa.update(Place).values(seen_at=Place.seen_at - dt.timedelta(days=31)))
    db.session.commit()
    app.extensions["places"].clear()
    hammer(client, ada.email, 10)
    assert log_in(client, ada.email).status_code == 429


def test_guesses_at_the_place_of_the_owner_are_counted_there_alone(client, ada):
    answers = [log_in(client, ada.email, "wrong").status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    assert log_in(client, ada.email, address="203.0.113.9").status_code == 201


def test_unknown_addresses_are_counted_like_known_ones(client, ada):
    assert hammer(client, "nobody@example.com", 12) == hammer(client, ada.email, 12)


@pytest.mark.parametrize(("count", "wait"), [(1, 0), (9, 0), (10, 1), (11, 2), (14, 16), (19, 512), (20, 900), (500, 900)])
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(count, wait):
    assert throttle.pause(ACCOUNT, count) == wait


def test_what_the_database_counts_is_what_the_rule_says(app, client):
    key = throttle.key_of(ACCOUNT, "somebody")
    waits = []
    for _ in range(13):
        attempt = throttle.attempt(ACCOUNT, key)
        until = db.session.execute(sa.select(Throttle.until - Throttle.last_at).where(Throttle.key == key)).scalar_one()
        waits.append((attempt.wait, round(until.total_seconds())))
        later(1000)
    assert waits == [(0, 0)] * 9 + [(1, 1), (2, 2), (4, 4), (8, 8)]


def test_who_waits_may_try_again_once(app, client, ada):
    hammer(client, ada.email, 10)
    later(1)
    forget(app)
    assert hammer(client, ada.email, 2) == [401, 429]


def test_after_a_day_without_guesses_counting_begins_anew(app, client, ada):
    hammer(client, ada.email, 10)
    later(86_401)
    forget(app)
    assert hammer(client, ada.email, 11) == [401] * 10 + [429]


def test_the_right_password_clears_the_account_but_not_the_network(client, ada, grace):
    place = "203.0.113.9"
    for _ in range(9):
        log_in(client, ada.email, "wrong", place)
    assert log_in(client, ada.email, PASSWORD, place).status_code == 201
    counts = {key: db.session.scalar(sa.select(Throttle.count).where(Throttle.key == key)) for key in keys(ada.email, place)}
    assert list(counts.values()) == [None, 9]


def keys(email, place):
    return throttle.key_of(ACCOUNT, email), throttle.key_of(NETWORK, place)


def test_a_network_that_tries_many_accounts_has_to_wait_and_does_not_lock_them(client, ada):
    place = "2001:db8::"
    answers = [log_in(client, f"n{n}@example.com", "wrong", f"{place}{n}").status_code for n in range(51)]
    assert answers == [401] * 50 + [429]
    assert log_in(client, ada.email, PASSWORD, "2001:db8:0:1::1").status_code == 201
    assert db.session.scalar(sa.select(Throttle.count).where(Throttle.key == throttle.key_of(ACCOUNT, "n50@example.com"))) is None


def test_a_reset_lets_the_owner_in_again_wherever_they_are(client, ada, box):
    from tests.app.auth.conftest import work

    hammer(client, ada.email, 12)
    client.post("/api/v1/auth/password-resets", json={"email": ada.email})
    work()
    body = {"token": box.token(ada.email, "auth.reset_password"), "password": "mine and nobody else's"}
    abroad = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.post("/api/v1/auth/password-resets/confirmation", json=body, environ_base=abroad).status_code == 204
    assert hammer(client, ada.email, 12).count(429) > 0
    assert log_in(client, ada.email, "mine and nobody else's", "203.0.113.9").status_code == 201


def test_what_was_typed_as_an_address_is_not_kept(client):
    log_in(client, "a.secret.typed@example.com", "wrong")
    stored = db.session.execute(sa.text("select t::text from auth_throttle t")).scalars().all()
    assert stored
    assert not any("secret" in row for row in stored)


def test_refusals_and_lock_outs_are_in_the_audit_log(client, ada):
    hammer(client, ada.email, 11)
    mine = acts(find_by_email(ada.email).id)
    assert mine[2:] == ["auth.sign_in_refused"] * 10 + ["auth.locked_out"]
    details = db.session.scalar(
        sa.text("select details from audit_origin o join audit_entry e on e.id = o.entry_id where action = 'auth.locked_out'")
    )
    assert details == {"what": "account", "seconds": 1}


def test_what_is_refused_costs_no_hash_and_no_statement(app, client, ada, monkeypatch):
    hammer(client, ada.email, 20)
    later(-600)
    hammer(client, ada.email, 1)
    monkeypatch.setitem(app.extensions, "passwords", None)
    statements = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda *event: statements.append(event[2]))
    monkeypatch.setattr("app.db.prepared.fetch", lambda *asked: pytest.fail("asked the database"))
    assert set(hammer(client, ada.email, 20)) == {429}
    assert statements == []
