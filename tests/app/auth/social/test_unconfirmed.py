"""Social sign-ins where addresses must be confirmed, and accounts that were made with somebody else's address."""

import re
import uuid

import pytest
import sqlalchemy as sa

from app import outbox
from app.access import SERVICE, acting_as
from app.accounts import User
from app.auth import mail_tokens
from app.auth.social.models import Identity
from app.db import unit_of_work
from app.extensions import db
from tests.app.auth.social.conftest import Browser, somebody
from tests.kit import json_of, problem


@pytest.fixture
def required(app):
    app.config["AUTH_VERIFICATION"] = "required"
    return app


def count(kind):
    return db.session.scalar(sa.select(sa.func.count()).select_from(kind))


def mails():
    return db.session.execute(sa.text("select template, recipient from notifications_mail order by id")).all()


def test_who_has_a_verified_address_signs_in_at_once(required, browser):
    assert browser.signs_in().status_code == 201


def test_who_only_claims_one_gets_a_mail_and_an_account_to_confirm(required, browser, corp):
    corp.person["email_verified"] = False
    problem(browser.signs_in(), 403, "address_not_verified")
    assert (count(User), count(Identity)) == (1, 1)
    problem(Browser(browser.client).signs_in(), 403, "address_not_verified")
    db.session.execute(sa.update(User).values(verified_at=sa.func.now()))
    assert Browser(browser.client).signs_in().status_code == 201


def test_who_claims_somebody_elses_learns_nothing_and_the_owner_hears_of_it(client, corp, ada, required):
    """The same answer as for an address that nobody has."""
    db.session.execute(sa.update(User).values(verified_at=sa.func.now()))
    corp.person = somebody(email=ada.email, email_verified=False)
    found = problem(Browser(client).signs_in(), 403, "address_not_verified")
    assert count(Identity) == 0
    assert mails()[-1] == ("auth.already_registered", ada.email)
    corp.person = somebody(email_verified=False)
    newcomer = problem(Browser(client).signs_in(), 403, "address_not_verified")
    assert {**newcomer, "request_id": ""} == {**found, "request_id": ""}
    assert mails()[-1] == ("auth.verify_address", corp.person["email"])


def made_by_an_attacker(client, corp):
    """An account with the victim's address, which no provider vouches for."""
    corp.person["email_verified"] = False
    return json_of(Browser(client).signs_in())["user"]


def listeners():
    with acting_as(SERVICE):
        return [outbox.run(call) for call in outbox.due(("listener",))]


def test_who_made_an_account_with_my_address_is_out_once_i_reset_its_password(client, corp):
    attacked = made_by_an_attacker(client, corp)
    with unit_of_work():
        user = db.session.get_one(User, uuid.UUID(attacked["id"]))
        token = mail_tokens.make(mail_tokens.RESET, user.id, {"email_key": user.email_key})
    reset = {"token": token, "password": "another good long passphrase"}
    assert client.post("/api/v1/auth/password-resets/confirmation", json=reset).status_code == 204
    assert listeners()
    assert count(Identity) == 0
    problem(Browser(client).signs_in(), 409, "sign_in_first")


def test_who_made_an_account_with_my_address_is_out_once_i_claim_it(client, corp, required):
    corp.person["email_verified"] = False
    problem(Browser(client).signs_in(), 403, "address_not_verified")
    mine = {"email": corp.person["email"], "password": "another good long passphrase", "name": "The owner"}
    assert client.post("/api/v1/auth/registrations", json=mine).status_code == 202
    text = db.session.scalar(sa.text("select text from notifications_mail order by id desc limit 1"))
    token = re.search(r"z2h_ml_\w+", text).group()
    assert client.post("/api/v1/auth/verifications/confirmation", json={"token": token}).status_code == 204
    assert listeners()
    assert count(Identity) == 0
    assert client.post("/api/v1/auth/sessions", json={"email": mine["email"], "password": mine["password"]}).status_code == 201
    problem(Browser(client).signs_in(), 403, "address_not_verified")
