"""A social sign-in and the rest of the account's ways: second factors, step-up, the last way in."""

import datetime as dt

import pytest
import sqlalchemy as sa

from app.auth.models import Session
from app.auth.social import settings
from app.auth.social.models import Identity
from app.extensions import db
from tests.app.auth.social.conftest import Browser, somebody
from tests.factors import as_session, finish, with_app, with_passkey
from tests.kit import PASSWORD, json_of, problem


def linked(client, person):
    return json_of(Browser(client, person=person, link=True).links())["id"]


def long_ago():
    db.session.execute(sa.update(Session).values(authenticated_at=sa.func.now() - dt.timedelta(minutes=10, seconds=1)))


def test_a_second_factor_is_asked_for_after_the_provider(client, corp, ada):
    app = with_app(ada)
    linked(client, ada)
    before = db.session.scalar(sa.select(sa.func.count()).select_from(Session))
    answer = Browser(client).signs_in()
    assert answer.status_code == 202, answer.text
    assert set(json_of(answer)) == {"second_factor"}
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Session)) == before
    token = json_of(answer)["second_factor"]["token"]
    problem(finish(client, token, code=app.wrong()), 401, "wrong_second_factor")
    done = finish(client, token, code=app.code())
    assert done.status_code == 201, done.text
    mine = json_of(as_session(client, json_of(done)).get("accounts/me/sessions"))["items"]
    assert next(s["methods"] for s in mine if s["current"]) == ["social:corp", "totp"]


@pytest.mark.parametrize("name", ["totp", "passkey", "recovery"])
def test_a_provider_by_the_name_of_a_second_factor_is_none(app, client, corp, ada, name):
    with_app(ada)
    provider = settings.social().providers["corp"]
    app.extensions["social"] = settings.Social({name: settings.OpenID(**{**vars_of(provider), "name": name})}, (), "")
    json_of(Browser(client, name, person=ada, link=True).links())
    assert Browser(client, name).signs_in().status_code == 202


def vars_of(provider):
    return {key: getattr(provider, key) for key in ("title", "issuer", "client_id", "client_secret", "private")}


def test_linking_and_unlinking_ask_who_proved_it_within_ten_minutes(client, corp, ada):
    identity = linked(client, ada)
    long_ago()
    browser = Browser(client, person=ada, link=True)
    code = browser.code()
    problem(browser.links(code), 403, "reauthentication_required")
    problem(ada.delete(f"accounts/me/identities/{identity}"), 403, "reauthentication_required")
    assert db.session.scalars(sa.select(Identity.id)).all() != []
    assert ada.post("auth/reauthentications", {"password": PASSWORD}).status_code in {200, 201}
    assert browser.links(code).status_code == 201
    assert ada.delete(f"accounts/me/identities/{identity}").status_code == 204


def proves(browser, code=None):
    return browser.person.post("auth/social/reauthentications", {"code": code or browser.code(), "binding": browser.binding})


def test_who_has_no_password_proves_through_the_provider_that_it_is_still_them(client, corp):
    me = as_session(client, json_of(Browser(client).signs_in()))
    long_ago()
    problem(me.post("accounts/me/totp"), 403, "reauthentication_required")
    browser = Browser(client, person=me, link=True)
    code = browser.code()
    assert json_of(proves(browser, code))["methods"] == ["social:corp"]
    problem(proves(browser, code), 403, "handover_refused")
    assert me.post("accounts/me/totp").status_code == 201


def test_somebody_elses_identity_proves_nothing(client, corp, ada):
    linked(client, ada)
    long_ago()
    corp.person = somebody()
    problem(proves(Browser(client, person=ada, link=True)), 403, "not_proven")
    Browser(client).signs_in()
    problem(proves(Browser(client, person=ada, link=True)), 403, "not_proven")
    problem(ada.post("accounts/me/totp"), 403, "reauthentication_required")
    actions = [e["action"] for e in json_of(ada.get("audit/mine"))["items"]]
    assert actions[:2] == ["auth.reauthentication_refused"] * 2


def test_a_sign_in_of_mine_is_no_proof_for_the_session_in_use(client, corp, ada):
    linked(client, ada)
    browser = Browser(client)
    code = browser.code()
    browser.person = ada
    problem(proves(browser, code), 403, "handover_refused")


def test_the_password_goes_where_an_identity_stays_and_then_that_is_the_last_way(client, corp, ada):
    problem(ada.delete("accounts/me/password"), 409, "last_way_in")
    identity = linked(client, ada)
    assert ada.delete("accounts/me/password").status_code == 204
    problem(ada.delete(f"accounts/me/identities/{identity}"), 409, "last_way_in")
    with_passkey(ada)
    assert ada.delete(f"accounts/me/identities/{identity}").status_code == 204


def test_an_identity_of_a_provider_that_is_off_is_no_way_in(app, client, corp, ada):
    linked(client, ada)
    app.config["AUTH_OIDC"] = ()
    settings.init_app(app)
    problem(ada.delete("accounts/me/password"), 409, "last_way_in")


def test_names_of_providers_fit_beside_the_methods_of_a_session():
    with pytest.raises(ValueError, match="up to 13"):
        settings.names("a" * 14)
    assert settings.names("a" * 13) == ("a" * 13,)
