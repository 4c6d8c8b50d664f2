"""The client's address, scheme and host: believed from as many proxies as the setting says, and from nobody else."""

import pytest
import sqlalchemy as sa

from app.auth.models import Session
from app.extensions import db
from app.observe.logs import request_lines
from tests import kit
from tests.kit import json_of, problem

FORGED = "6.6.6.6, 7.7.7.7"
WRONG = {"email": "nobody@example.com", "password": "wrong password"}


def ask(app, forwarded="", peer="10.0.0.1", path="/api/v1/meta", **more):
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return app.test_client().get(path, headers={**headers, **more}, environ_base={"REMOTE_ADDR": peer})


@pytest.mark.parametrize(
    ("hops", "forwarded", "address"),
    [
        (0, "1.1.1.1", "10.0.0.1"),
        (1, "1.1.1.1", "1.1.1.1"),
        (1, f"{FORGED}, 1.1.1.1", "1.1.1.1"),
        (2, "1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (2, f"{FORGED}, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (2, "1.1.1.1", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_the_address_that_is_logged_is_the_one_that_the_trusted_proxies_saw(with_settings, monkeypatch, hops, forwarded, address):
    app = with_settings(TRUSTED_PROXIES=hops)
    lines = []
    monkeypatch.setattr(request_lines, "write", lines.append)
    ask(app, forwarded)
    assert [line["address"] for line in lines] == [address]


@pytest.mark.parametrize(("hops", "real"), [(0, ""), (1, ", 1.1.1.1"), (2, ", 1.1.1.1, 2.2.2.2")])
def test_a_forged_header_does_not_get_around_the_limit(with_settings, hops, real):
    app = with_settings(TRUSTED_PROXIES=hops, RATE_LIMIT="2/minute")
    statuses = [ask(app, f"9.9.9.{n}{real}").status_code for n in range(4)]
    assert statuses == [200, 200, 429, 429]


@pytest.mark.parametrize(("hops", "real"), [(0, ""), (1, ", 1.1.1.1")])
def test_a_forged_header_does_not_get_around_the_limit_of_signing_in(with_settings, hops, real):
    app = with_settings(TRUSTED_PROXIES=hops, RATE_LIMIT_SIGN_IN="2/minute")
    answers = [
        app.test_client().post("/api/v1/auth/sessions", json=WRONG, headers={"X-Forwarded-For": f"9.9.9.{n}{real}"}) for n in range(3)
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    problem(answers[2], 429)


def test_behind_a_proxy_each_client_has_a_limit_of_its_own(with_settings):
    app = with_settings(TRUSTED_PROXIES=1, RATE_LIMIT="1/minute")
    assert [ask(app, f"1.1.1.{n}").status_code for n in (1, 2, 3)] == [200, 200, 200]


def test_addresses_of_one_ipv6_network_share_the_limit_of_requests(with_settings):
    app = with_settings(RATE_LIMIT="2/minute")
    statuses = [ask(app, peer=f"2001:db8:0:1::{n}").status_code for n in range(1, 5)]
    assert statuses == [200, 200, 429, 429]
    assert ask(app, peer="2001:db8:0:2::1").status_code == 200


def test_addresses_of_one_ipv6_network_share_the_limit_of_signing_in(with_settings):
    app = with_settings(RATE_LIMIT_SIGN_IN="2/minute")

    def log_in(peer):
        return app.test_client().post("/api/v1/auth/sessions", json=WRONG, environ_base={"REMOTE_ADDR": peer}).status_code

    assert [log_in(f"2001:db8:0:1::{n}") for n in range(1, 5)] == [401, 401, 429, 429]
    assert log_in("2001:db8:0:2::1") == 401


def test_a_session_notes_the_address_of_the_client_and_not_a_forged_one(with_settings):
    app = with_settings(TRUSTED_PROXIES=1)
    body = {"email": "proxied@example.com", "password": kit.PASSWORD, "name": "Proxied"}
    made = app.test_client().post("/api/v1/auth/registrations", json=body, headers={"X-Forwarded-For": f"{FORGED}, 1.1.1.1"})
    with app.app_context():
        mine = sa.select(Session.address).where(Session.user_id == json_of(made)["user"]["id"])
        assert db.session.scalar(mine) == "1.1.1.1"


@pytest.mark.parametrize(("hops", "seen"), [(0, ("http", "inner")), (1, ("https", "inner"))])
def test_the_scheme_comes_from_a_trusted_proxy_only_and_the_host_from_nobody_but_the_request(with_settings, hops, seen):
    app = with_settings(TRUSTED_PROXIES=hops)
    found = []

    @app.before_request
    def look():
        from flask import request

        found.append((request.scheme, request.host))

    ask(app, "1.1.1.1", **{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "api.example.com", "Host": "inner"})
    assert found == [seen]
