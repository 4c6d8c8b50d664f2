"""Facebook speaks OAuth 2 without OpenID Connect, and vouches for no address."""

from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa

from app.accounts import User
from app.auth.social.models import Identity
from app.extensions import db
from tests.app.auth.social.conftest import Browser, said
from tests.kit import json_of, problem


@pytest.fixture
def browser(client, fb):
    return Browser(client, "facebook")


def test_a_stranger_signs_in(browser, fb):
    body = json_of(browser.signs_in())
    assert (body["user"]["email"], body["user"]["name"]) == (fb.person["email"], fb.person["name"])
    identity = db.session.execute(sa.select(Identity.provider, Identity.subject, Identity.verified)).one()
    assert identity == ("facebook", fb.person["id"], False)
    assert json_of(Browser(browser.client, "facebook").signs_in())["user"]["id"] == body["user"]["id"]


def test_it_is_asked_for_no_openid_and_with_pkce(browser):
    asked = dict(parse_qsl(urlsplit(json_of(browser.begin())["url"]).query))
    assert (asked["scope"], asked["code_challenge_method"]) == ("email,public_profile", "S256")
    assert "nonce" not in asked


def test_who_says_no_comes_back_with_that(browser, fb):
    fb.person = None
    assert said(browser.returns()) == {"error": "access_denied"}


def test_a_wrong_verifier_is_refused(browser, fb):
    address = browser.goes_to_provider()
    (known,) = fb.codes.values()
    known["challenge"] = "x" * 43
    assert said(browser.comes_back(address)) == {"error": "answer_refused"}


def test_without_the_proof_of_the_secret_nothing_is_said(app, browser):
    from app.auth.social import settings

    app.config["AUTH_FACEBOOK_CLIENT_SECRET"] = "another app's secret"
    settings.init_app(app)
    assert said(browser.returns()) == {"error": "answer_refused"}


def test_an_address_of_facebooks_opens_no_account_that_is_here_already(browser, fb, ada):
    fb.person["email"] = ada.email
    problem(browser.signs_in(), 409, "sign_in_first")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Identity)) == 0


@pytest.mark.parametrize("email", [None, "", "no address", "ada@localhost", 7, "a" * 250 + "@example.com"])
def test_without_a_usable_address_there_is_no_account(browser, fb, email):
    if email is None:
        del fb.person["email"]
    else:
        fb.person["email"] = email
    problem(browser.signs_in(), 409, "address_missing")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(User)) == 0


def test_who_has_no_address_there_can_link_it(client, fb, ada):
    del fb.person["email"]
    assert json_of(Browser(client, "facebook", person=ada, link=True).links())["email"] is None
    assert json_of(Browser(client, "facebook").signs_in())["user"]["id"] == ada.id
