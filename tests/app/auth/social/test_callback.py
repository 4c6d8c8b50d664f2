"""What comes back from the provider and is not believed. In every case nobody has an account afterwards."""

import time
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
import sqlalchemy as sa

from app.accounts import User
from app.audit.models import Entry
from app.auth.social.models import Flow, Identity
from app.extensions import db
from tests.app.auth.social.conftest import NATIVE, Browser, said, somebody
from tests.kit import problem
from tests.providers import openid


def changed(address, **members):
    """The address with other parameters; None takes one away."""
    parts = urlsplit(address)
    query = {**dict(parse_qsl(parts.query)), **members}
    return urlunsplit(parts._replace(query=urlencode({k: v for k, v in query.items() if v is not None})))


def nobody_came_of_it():
    count = sa.select(sa.func.count())
    return db.session.scalar(count.select_from(User)) == 0 and db.session.scalar(count.select_from(Identity)) == 0


def refusals():
    return db.session.scalar(sa.select(sa.func.count()).where(Entry.action == "auth.social_refused"))


def test_the_code_is_in_the_fragment_of_our_page_and_no_token_is_anywhere(browser):
    address = browser.returns()
    assert address.startswith("/#/signing-in?code=z2h_sh_")
    assert set(said(address)) == {"code"}


def test_a_native_app_gets_the_code_at_its_registered_address_only(client, corp):
    address = Browser(client, redirect=NATIVE).returns()
    assert address.startswith(f"{NATIVE}?code=z2h_sh_")
    for other in (NATIVE + "x", "com.example.app:/", "https://evil.example/"):
        problem(Browser(client, redirect=other).begin(), 403, "redirect_not_registered")


def test_the_parameters_of_the_beginning_bind_the_end(browser, corp):
    asked = dict(parse_qsl(urlsplit(browser.begin().get_json()["url"]).query))
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["nonce"]) == len(asked["code_challenge"]) == 43
    assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", "us", "openid email profile")
    assert asked["redirect_uri"] == "http://localhost/api/v1/auth/social/corp/callback"
    row = db.session.execute(sa.text("select * from auth_social_flow")).one()
    stored = [bytes(value) if isinstance(value, memoryview) else value for value in row]
    assert not any(str(secret) in str(value) for secret in (asked["state"], asked["nonce"], browser.binding) for value in stored)


@pytest.mark.parametrize("state", ["wrong", None, "z2h_ss_" + "A" * 49])
def test_a_wrong_state_is_refused(browser, state):
    address = browser.goes_to_provider()
    assert said(browser.comes_back(changed(address, state=state))) == {"error": "expired"}
    assert nobody_came_of_it()
    assert set(said(browser.comes_back(address))) == {"code"}


def test_a_state_works_once(browser, corp):
    address = browser.goes_to_provider()
    browser.comes_back(address)
    asked = len(corp.asked)
    assert said(browser.comes_back(address)) == {"error": "expired"}
    assert len(corp.asked) == asked


def test_a_state_works_for_ten_minutes(browser):
    address = browser.goes_to_provider()
    db.session.execute(sa.update(Flow).values(expires_at=sa.func.now()))
    assert said(browser.comes_back(address)) == {"error": "expired"}


def test_a_state_of_one_provider_is_none_of_another(browser, fb):
    address = browser.goes_to_provider()
    assert said(browser.comes_back(address.replace("/corp/", "/facebook/"))) == {"error": "expired"}


def test_a_code_injected_from_another_visit_is_refused_by_pkce(browser, corp):
    """An attacker's browser put the victim's code into its own visit: the verifier is another one."""
    stolen = dict(parse_qsl(urlsplit(Browser(browser.client).goes_to_provider()).query))["code"]
    mine = browser.goes_to_provider()
    assert said(browser.comes_back(changed(mine, code=stolen))) == {"error": "answer_refused"}
    assert corp.asked[-1] == "/token"
    assert nobody_came_of_it()
    assert refusals() == 1


def test_the_provider_refuses_a_wrong_verifier(browser, corp):
    """That the stand-in does check: with the challenge of the code changed, the exchange fails."""
    address = browser.goes_to_provider()
    (code,) = corp.codes.values()
    code.code_challenge = "x" * 43
    assert said(browser.comes_back(address)) == {"error": "answer_refused"}
    assert nobody_came_of_it()


def claims(**changes):
    return lambda header, found: found.update(changes)


def without(name):
    return lambda header, found: found.pop(name)


def header(**changes):
    return lambda found, _: found.update(changes)


NOW = int(time.time())


@pytest.mark.parametrize(
    "twist",
    [
        pytest.param(claims(nonce="another"), id="wrong nonce"),
        pytest.param(without("nonce"), id="no nonce"),
        pytest.param(claims(nonce=None), id="null nonce"),
        pytest.param(claims(aud="them"), id="foreign audience"),
        pytest.param(claims(aud=["them", "others"]), id="foreign audiences"),
        pytest.param(claims(aud=["us", "them"]), id="two audiences and no authorized party"),
        pytest.param(claims(aud=["us", "them"], azp="them"), id="another authorized party"),
        pytest.param(claims(azp="them"), id="another authorized party of one audience"),
        pytest.param(without("aud"), id="no audience"),
        pytest.param(claims(iss="https://evil.example"), id="foreign issuer"),
        pytest.param(without("iss"), id="no issuer"),
        pytest.param(claims(exp=NOW - 120), id="expired"),
        pytest.param(without("exp"), id="never expires"),
        pytest.param(claims(exp="tomorrow"), id="expires in words"),
        pytest.param(claims(iat=NOW + 3_600), id="issued in the future"),
        pytest.param(claims(iat=NOW - 3_600), id="issued long ago"),
        pytest.param(without("iat"), id="never issued"),
        pytest.param(claims(nbf=NOW + 3_600), id="not yet valid"),
        pytest.param(claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), id="of another access token"),
        pytest.param(claims(at_hash=7), id="hash is a number"),
        pytest.param(claims(sub=""), id="empty subject"),
        pytest.param(claims(sub=7), id="subject is a number"),
        pytest.param(without("sub"), id="no subject"),
        pytest.param(header(alg="none"), id="alg none"),
        pytest.param(header(alg="HS256"), id="HS256 with the public key"),
        pytest.param(header(kid="unknown"), id="unknown key"),
    ],
)
def test_an_id_token_that_does_not_hold_is_refused(browser, corp, twist):
    corp.twist = twist
    assert said(browser.returns()) == {"error": "answer_refused"}
    assert nobody_came_of_it()
    assert refusals() == 1


@pytest.mark.parametrize("token", [None, "", "a.b", "a.b.c", 7, "é.é.é", "." * 2000])
def test_what_is_no_id_token_is_refused(browser, corp, token):
    corp.sign = lambda header, claims: token
    assert said(browser.returns()) == {"error": "answer_refused"}
    assert nobody_came_of_it()


def test_a_token_signed_with_a_key_that_only_has_the_right_id_is_refused(browser, corp):
    corp.key = openid.KEYS[1]
    corp.twist = header(kid="first")
    assert said(browser.returns()) == {"error": "answer_refused"}
    assert nobody_came_of_it()


def test_two_audiences_with_us_as_the_authorized_party_are_fine(browser, corp):
    corp.twist = claims(aud=["us", "them"], azp="us")
    assert set(said(browser.returns())) == {"code"}


def test_keys_rotate(browser, corp):
    browser.signs_in()
    corp.key, corp.listed = openid.KEYS[1], openid.KEYS
    assert Browser(browser.client).signs_in().status_code == 201
    asked = corp.asked.count("/keys")
    # Whoever makes us look for unknown keys does not make us flood the provider.
    corp.twist = header(kid="made up")
    for _ in range(3):
        assert said(Browser(browser.client).returns()) == {"error": "answer_refused"}
    assert corp.asked.count("/keys") == asked == 2


def test_a_key_without_an_id_serves_where_there_is_no_choice(browser, corp):
    corp.twist = lambda header, claims: header.pop("kid")
    assert set(said(browser.returns())) == {"code"}


def test_signatures_on_a_curve_are_fine(browser, corp):
    corp.key, corp.listed = openid.CURVE, [openid.CURVE]
    assert set(said(browser.returns())) == {"code"}


def test_claims_come_from_userinfo_where_the_token_has_none(browser, corp):
    corp.in_token = False
    answer = browser.signs_in()
    assert answer.get_json()["user"]["email"] == corp.person["email"]
    assert "/userinfo" in corp.asked


def test_userinfo_about_somebody_else_is_refused(browser, corp):
    corp.in_token, corp.userinfo = False, lambda person: {**person, "sub": "somebody-else"}
    assert said(browser.returns()) == {"error": "answer_refused"}
    assert nobody_came_of_it()


def test_who_says_no_at_the_provider_comes_back_with_that(client, corp):
    corp.person = None
    assert said(Browser(client).returns()) == {"error": "access_denied"}
    assert Browser(client, redirect=NATIVE).returns() == f"{NATIVE}?error=access_denied"


def test_other_errors_of_the_provider_say_no_more_than_that(browser):
    address = changed(browser.goes_to_provider(), code=None, error="<script>", error_description="x" * 3_000)
    assert browser.comes_back(address) == "/#/signing-in?error=provider_failed"


def test_an_answer_of_another_issuer_is_refused(browser, corp):
    """RFC 9207."""
    address = browser.goes_to_provider()
    assert said(browser.comes_back(changed(address, iss="https://evil.example"))) == {"error": "answer_refused"}
    assert set(said(browser.comes_back(changed(browser.goes_to_provider(), iss=corp.issuer)))) == {"code"}


def test_other_client_authentication_is_used_where_the_provider_wants_it(browser, corp):
    corp.clients["us"].method = "client_secret_post"
    assert set(said(browser.returns())) == {"code"}


def test_a_provider_that_is_away_is_said_to_be(app, browser, corp):
    address = browser.goes_to_provider()
    published = app.extensions["social"].providers["corp"].published
    published.document.get()["token_endpoint"] = "http://127.0.0.1:9/token"
    assert said(browser.comes_back(address)) == {"error": "provider_unavailable"}


def test_a_discovery_document_of_another_issuer_is_refused(app, client, corp):
    corp.issuer = "https://evil.example"
    problem(Browser(client).begin(), 503, "unavailable")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Flow)) == 0


def test_unknown_providers_are_not_found(client, corp):
    problem(Browser(client, "nobody").begin(), 404, "not_found")
    problem(client.get("/api/v1/auth/social/nobody/callback?state=x&code=y"), 404, "not_found")


def test_nothing_that_is_secret_is_logged(browser, corp, caplog):
    caplog.set_level("DEBUG")
    address = browser.goes_to_provider()
    code = dict(parse_qsl(urlsplit(address).query))["code"]
    handover = said(browser.comes_back(address))["code"]
    browser.exchange(handover)
    corp.twist = claims(aud="them")
    corp.person = somebody()
    browser.returns()
    ours = "\n".join(f"{record.__dict__}" for record in caplog.records if not record.name.startswith("authlib"))
    assert "social sign-in refused" in ours
    for secret in (code, handover, browser.binding, "our secret", *corp.tokens):
        assert secret not in ours
