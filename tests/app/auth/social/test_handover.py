"""The hand-over: one code, once, for a minute, to the client that began."""

import datetime as dt
import secrets as random

import sqlalchemy as sa

from app.access import SERVICE, acting_as
from app.accounts import User
from app.auth.models import Session
from app.auth.purge import purge_visits
from app.auth.social.models import Flow, Identity
from app.db import unit_of_work
from app.extensions import db
from tests.app.auth.social.conftest import Browser, said, somebody
from tests.app.test_races import at_once
from tests.kit import Person, json_of, problem


def count(kind):
    return db.session.scalar(sa.select(sa.func.count()).select_from(kind))


def test_a_code_works_once(browser):
    code = browser.code()
    assert browser.exchange(code).status_code == 201
    problem(browser.exchange(code), 403, "handover_refused")
    assert count(Session) == 1


def test_a_code_without_the_binding_is_worth_nothing_and_gone(browser):
    """Log-in CSRF: the victim's browser has the attacker's code, but began nothing; a thief has the code alone."""
    code = browser.code()
    problem(browser.exchange(code, random.token_urlsafe(32)), 403, "handover_refused")
    problem(browser.exchange(code), 403, "handover_refused")
    assert (count(User), count(Session), count(Identity)) == (0, 0, 0)


def test_a_code_of_another_visit_is_not_exchanged_with_my_binding(browser):
    other = Browser(browser.client)
    problem(browser.exchange(other.code()), 403, "handover_refused")


def test_a_code_works_for_a_minute(browser):
    code = browser.code()
    left = db.session.scalar(sa.select(Flow.expires_at)) - dt.datetime.now(dt.UTC)
    assert 50 < left.total_seconds() <= 60
    db.session.execute(sa.update(Flow).values(expires_at=sa.func.now()))
    problem(browser.exchange(code), 403, "handover_refused")


def test_what_is_no_code_is_refused(browser):
    problem(browser.exchange("nonsense"), 403, "handover_refused")
    problem(browser.exchange("z2h_sh_" + "0" * 49), 403, "handover_refused")
    assert "/binding" in problem(browser.exchange("nonsense", "short"), 422)["errors"]


def test_a_state_is_no_code(browser):
    address = json_of(browser.begin())["url"]
    problem(browser.exchange(said(address)["state"]), 403, "handover_refused")


def test_a_binding_that_could_be_guessed_is_refused(client, corp):
    browser = Browser(client)
    browser.binding = "1234"
    assert "/binding" in problem(browser.begin(), 422)["errors"]


def test_visits_that_led_nowhere_are_forgotten(browser):
    browser.begin()
    browser.code()
    with acting_as(SERVICE), unit_of_work():
        purge_visits()
    assert count(Flow) == 2
    with acting_as(SERVICE), unit_of_work():
        db.session.execute(sa.update(Flow).values(expires_at=sa.func.now()))
        purge_visits()
    assert count(Flow) == 0


def test_of_two_callbacks_with_one_state_one_gets_a_code(real, corp):
    for _ in range(5):
        browser = Browser(real.test_client())
        address = browser.goes_to_provider()
        asked = corp.asked.count("/token")
        found = at_once(4, lambda n, address=address: said(Browser(real.test_client()).comes_back(address)))
        assert sorted(next(iter(one)) for one in found) == ["code", "error", "error", "error"]
        assert corp.asked.count("/token") == asked + 1


def test_of_several_exchanges_of_one_code_one_wins(real, corp):
    browser = Browser(real.test_client())
    code = browser.code()

    def exchange(n):
        return real.test_client().post("/api/v1/auth/social/handovers", json={"code": code, "binding": browser.binding}).status_code

    assert sorted(at_once(4, exchange)) == [201, 403, 403, 403]


def test_a_stranger_who_signs_in_twice_at_once_has_one_account(real, corp):
    for _ in range(4):
        corp.person = somebody()
        browsers = [Browser(real.test_client()) for _ in range(3)]
        codes = [browser.code() for browser in browsers]
        answers = at_once(3, lambda n, browsers=browsers, codes=codes: browsers[n].exchange(codes[n]))
        assert [answer.status_code for answer in answers] == [201] * 3
        assert len({json_of(answer)["user"]["id"] for answer in answers}) == 1


def test_of_two_last_ways_in_removed_at_once_one_stays(real, corp):
    for _ in range(5):
        corp.person = somebody()
        body = json_of(Browser(real.test_client()).signs_in())
        me = Person.__new__(Person)
        me.client, me.access_token = real.test_client(), body["access_token"]
        corp.person = somebody()
        assert Browser(real.test_client(), person=me, link=True).links().status_code == 201
        both = [row["id"] for row in json_of(me.get("accounts/me/identities"))["items"]]

        def remove(n, both=both, token=me.access_token):
            other = Person.__new__(Person)
            other.client, other.access_token = real.test_client(), token
            return other.delete(f"accounts/me/identities/{both[n]}").status_code

        assert sorted(at_once(2, remove)) == [204, 409]


def test_who_unlinks_while_they_sign_in_is_in_or_out_and_nothing_breaks(real, corp):
    client = real.test_client()
    ada = Person(client)
    for _ in range(5):
        corp.person = somebody()
        identity = json_of(Browser(client, person=ada, link=True).links())["id"]
        browser = Browser(real.test_client())
        code = browser.code()

        def act(n, browser=browser, code=code, identity=identity):
            if n == 0:
                return browser.exchange(code).status_code
            other = Person.__new__(Person)
            other.client, other.access_token = real.test_client(), ada.access_token
            return other.delete(f"accounts/me/identities/{identity}").status_code

        # In, or a stranger with an account of their own, or told to begin again; never an error.
        outcome = at_once(2, act)
        assert outcome[0] in {201, 403}, outcome
        assert outcome[1] == 204
