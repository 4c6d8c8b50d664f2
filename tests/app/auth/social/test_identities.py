"""Which account an identity opens; linking and unlinking."""

import uuid

import sqlalchemy as sa

from app.accounts import User
from app.auth.social.models import Identity
from app.extensions import db
from tests.app.auth.social.conftest import Browser, somebody
from tests.kit import PASSWORD, Person, json_of, problem


def identities():
    return db.session.scalars(sa.select(Identity.subject).order_by(Identity.id)).all()


def verified(person):
    db.session.execute(sa.update(User).where(User.id == uuid.UUID(person.id)).values(verified_at=sa.func.now()))


def as_person(client, answer):
    body = json_of(answer)
    person = Person.__new__(Person)
    person.client, person.id, person.access_token, person.email = client, body["user"]["id"], body["access_token"], body["user"]["email"]
    return person


def actions(person):
    return [(e["action"], e["details"]) for e in json_of(person.get("audit/mine"))["items"]]


def test_an_address_that_both_sides_have_verified_opens_the_account(browser, corp, ada):
    verified(ada)
    corp.person["email"] = ada.email.upper()
    assert json_of(browser.signs_in())["user"]["id"] == ada.id
    assert identities() == [corp.person["sub"]]


def test_an_address_that_we_have_not_verified_opens_nothing(browser, corp, ada):
    """Whoever registered with somebody else's address would share the account with them."""
    corp.person["email"] = ada.email
    problem(browser.signs_in(), 409, "sign_in_first")
    assert identities() == []


def test_an_address_that_the_provider_does_not_vouch_for_opens_nothing(client, corp, ada):
    verified(ada)
    for said in (False, None, "false", 1, "yes"):
        corp.person = somebody(email=ada.email, email_verified=said)
        problem(Browser(client).signs_in(), 409, "sign_in_first")
    del corp.person["email_verified"]
    problem(Browser(client).signs_in(), 409, "sign_in_first")
    assert identities() == []


def test_google_vouches_only_for_addresses_of_its_own():
    from app.auth.social.openid import GOOGLE, OpenID

    google = OpenID("google", "Google", GOOGLE, "us", "secret")
    assert google.vouches({"email": "ada@gmail.com", "email_verified": True})
    assert google.vouches({"email": "ada@example.com", "email_verified": True, "hd": "example.com"})
    assert not google.vouches({"email": "ada@example.com", "email_verified": True})
    assert not google.vouches({"email": "ada@gmail.com.evil.example", "email_verified": True})
    assert not google.vouches({"email": "ada@gmail.com", "email_verified": False})


def test_a_new_account_has_the_verified_address_and_no_password(browser, corp):
    me = as_person(browser.client, browser.signs_in())
    user = db.session.get_one(User, uuid.UUID(me.id))
    assert user.password_hash is None
    assert user.verified_at is not None
    problem(browser.client.post("/api/v1/auth/sessions", json={"email": me.email, "password": PASSWORD}), 401)


def test_a_new_account_with_an_address_that_nobody_vouches_for_is_not_verified(browser, corp):
    corp.person["email_verified"] = False
    me = as_person(browser.client, browser.signs_in())
    assert db.session.get_one(User, uuid.UUID(me.id)).verified_at is None


def test_a_disabled_account_opens_to_nobody(browser, corp):
    me = as_person(browser.client, browser.signs_in())
    db.session.execute(sa.update(User).where(User.id == uuid.UUID(me.id)).values(disabled_at=sa.func.now()))
    problem(Browser(browser.client).signs_in(), 403, "account_disabled")


def test_a_disabled_account_with_the_same_address_is_not_linked(browser, corp, ada):
    verified(ada)
    db.session.execute(sa.update(User).where(User.id == uuid.UUID(ada.id)).values(disabled_at=sa.func.now()))
    corp.person["email"] = ada.email
    problem(browser.signs_in(), 403, "account_disabled")
    assert identities() == []


def test_one_links_and_signs_in_with_it_and_unlinks(client, corp, ada):
    linked = json_of(Browser(client, person=ada, link=True).links())
    assert (linked["provider"], linked["email"], linked["last_used_at"]) == ("corp", corp.person["email"], None)
    assert json_of(Browser(client).signs_in())["user"]["id"] == ada.id
    (listed,) = json_of(ada.get("accounts/me/identities"))["items"]
    assert (listed["id"], listed["last_used_at"] is not None) == (linked["id"], True)
    assert ada.delete(f"accounts/me/identities/{linked['id']}").status_code == 204
    assert json_of(ada.get("accounts/me/identities"))["items"] == []
    assert json_of(Browser(client).signs_in())["user"]["id"] != ada.id


def test_what_happens_is_audited(client, corp, ada):
    linked = json_of(Browser(client, person=ada, link=True).links())
    Browser(client).signs_in()
    ada.delete(f"accounts/me/identities/{linked['id']}")
    found = [entry for entry in actions(ada) if entry[0] in {"auth.identity_linked", "auth.identity_unlinked", "auth.signed_in"}]
    assert found[:3] == [
        ("auth.identity_unlinked", {"provider": "corp"}),
        ("auth.signed_in", {"methods": ["social:corp"]}),
        ("auth.identity_linked", {"provider": "corp"}),
    ]


def test_linking_twice_changes_nothing(client, corp, ada):
    first = json_of(Browser(client, person=ada, link=True).links())
    assert json_of(Browser(client, person=ada, link=True).links())["id"] == first["id"]
    assert len(identities()) == 1


def test_what_another_account_signs_in_with_is_not_linked(client, corp, ada, grace):
    Browser(client, person=ada, link=True).links()
    problem(Browser(client, person=grace, link=True).links(), 409, "identity_taken")
    assert json_of(Browser(client).signs_in())["user"]["id"] == ada.id


def test_only_who_is_signed_in_links(client, corp, ada):
    problem(Browser(client, link=True).begin(), 401)
    token = json_of(ada.post("accounts/me/tokens", {"name": "t", "scopes": ["accounts.write"]}))["token"]
    program = Person.__new__(Person)
    program.client, program.access_token = client, token
    problem(Browser(client, person=program, link=True).begin(), 403, "forbidden")


def test_a_link_that_i_began_cannot_be_finished_by_another_account(client, corp, ada, grace):
    browser = Browser(client, person=ada, link=True)
    code = browser.code()
    browser.person = grace
    problem(browser.links(code), 403, "handover_refused")
    assert identities() == []


def test_a_link_is_no_sign_in_and_a_sign_in_no_link(client, corp, ada):
    link = Browser(client, person=ada, link=True)
    problem(link.exchange(link.code()), 403, "handover_refused")
    sign_in = Browser(client)
    code = sign_in.code()
    sign_in.person = ada
    problem(sign_in.links(code), 403, "handover_refused")
    assert identities() == []


def test_the_last_way_in_stays(browser, corp):
    me = as_person(browser.client, browser.signs_in())
    (only,) = json_of(me.get("accounts/me/identities"))["items"]
    problem(me.delete(f"accounts/me/identities/{only['id']}"), 409, "last_way_in")
    assert identities() == [corp.person["sub"]]
    corp.person = somebody()
    Browser(browser.client, person=me, link=True).links()
    assert me.delete(f"accounts/me/identities/{only['id']}").status_code == 204
    assert identities() == [corp.person["sub"]]


def test_identities_of_others_are_not_there(client, corp, ada, grace):
    linked = json_of(Browser(client, person=ada, link=True).links())
    problem(grace.delete(f"accounts/me/identities/{linked['id']}"), 404, "not_found")
    assert json_of(grace.get("accounts/me/identities"))["items"] == []
    assert len(identities()) == 1
