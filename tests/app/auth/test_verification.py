"""Addresses are confirmed by a link that was sent there."""

import datetime as dt

import pytest
import sqlalchemy as sa

from app.accounts import find_by_email
from app.auth.models import MailToken
from app.extensions import db
from tests.app.auth.conftest import acts, work
from tests.kit import PASSWORD, json_of, problem

EMAIL = "ada.l@example.com"


@pytest.fixture
def required(app, monkeypatch):
    monkeypatch.setitem(app.config, "AUTH_VERIFICATION", "required")


def register(client, email=EMAIL, password=PASSWORD, name="Ada"):
    return client.post("/api/v1/auth/registrations", json={"email": email, "password": password, "name": name})


def log_in(client, email=EMAIL, password=PASSWORD):
    return client.post("/api/v1/auth/sessions", json={"email": email, "password": password})


def confirm(client, token):
    return client.post("/api/v1/auth/verifications/confirmation", json={"token": token})


def again(client, email=EMAIL):
    return client.post("/api/v1/auth/verifications", json={"email": email})


def test_who_registers_gets_a_mail_and_confirms_with_its_link(client, ada, box):
    assert json_of(ada.get("accounts/me"))["verified_at"] is None
    assert box.templates(ada.email) == ["auth.verify_address"]
    assert confirm(client, box.token(ada.email, "auth.verify_address")).status_code == 204
    assert json_of(ada.get("accounts/me"))["verified_at"] is not None
    assert acts(find_by_email(ada.email).id) == ["auth.registered", "auth.signed_in", "auth.address_verified"]


def test_a_link_works_once(client, ada, box):
    token = box.token(ada.email, "auth.verify_address")
    assert confirm(client, token).status_code == 204
    problem(confirm(client, token), 404, "no_such_link")


@pytest.mark.parametrize("change", [{"expires_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, {"purpose": "reset"}])
def test_a_link_that_expired_or_was_made_for_something_else_does_nothing(client, ada, box, change):
    db.session.execute(sa.update(MailToken).values(**change))
    problem(confirm(client, box.token(ada.email, "auth.verify_address")), 404, "no_such_link")
    assert find_by_email(ada.email).verified_at is None


@pytest.mark.parametrize("token", ["x", "z2h_ml_" + "0" * 49, "z2h_ml_" + "é" * 49])
def test_a_made_up_link_does_nothing(client, token):
    problem(confirm(client, token), 404, "no_such_link")


def test_only_hashes_of_links_are_stored(client, ada, box):
    token = box.token(ada.email, "auth.verify_address")
    assert token.encode() not in b"".join(db.session.scalars(sa.select(MailToken.hash)))


def test_links_do_not_reach_logs(app):
    from app.observe.redact import redact

    assert redact("GET /#/verify/z2h_ml_0123456789abcdef") == "GET /#/verify/[redacted]"


def test_another_mail_is_sent_to_who_waits_for_one(client, ada, box):
    assert again(client, ada.email).status_code == 202
    assert work() == 1
    assert box.templates(ada.email) == ["auth.verify_address"] * 2
    assert confirm(client, box.token(ada.email, "auth.verify_address")).status_code == 204
    assert again(client, ada.email).status_code == 202
    work()
    assert len(box.to(ada.email)) == 2


def test_nobodys_mailbox_is_flooded(client, ada, box):
    for _ in range(8):
        again(client, ada.email)
    work()
    assert len(box.to(ada.email)) == 5


def test_where_it_is_required_nobody_signs_in_before(client, required, box):
    assert (register(client).status_code, register(client).data) == (202, b"")
    problem(log_in(client), 403, "address_not_verified")
    problem(log_in(client, password="not the passphrase"), 401, "wrong_credentials")
    assert confirm(client, box.token(EMAIL, "auth.verify_address")).status_code == 204
    assert log_in(client).status_code == 201


def test_where_it_is_required_a_registration_does_not_tell_who_has_an_account(client, required, box):
    register(client)
    confirm(client, box.token(EMAIL, "auth.verify_address"))
    taken, fresh = register(client, "ADA.L@example.com", "another passphrase"), register(client, "new@example.com")
    assert (taken.status_code, taken.data) == (fresh.status_code, fresh.data) == (202, b"")
    assert {name for name, _ in taken.headers} == {name for name, _ in fresh.headers}
    assert box.templates(EMAIL) == ["auth.verify_address", "auth.already_registered"]
    problem(log_in(client, password="another passphrase"), 401)
    assert log_in(client).status_code == 201


def test_an_account_that_nobody_confirmed_goes_to_whoever_follows_the_link_of_their_own_registration(client, required, box):
    """A stranger registers the address first; the owner's registration wins, with the owner's password."""
    register(client, password="the stranger's words", name="Eve")
    register(client, password="the owner's own words", name="Ada")
    assert confirm(client, box.token(EMAIL, "auth.verify_address")).status_code == 204
    problem(log_in(client, password="the stranger's words"), 401)
    assert json_of(log_in(client, password="the owner's own words"))["user"]["name"] == "Ada"
