"""Forgotten passwords."""

import datetime as dt

import pytest
import sqlalchemy as sa

from app.accounts import User, find_by_email
from app.auth.models import MailToken
from app.extensions import db
from tests import factors
from tests.app.auth.conftest import acts, work
from tests.kit import PASSWORD, json_of, problem

NEW = "an entirely new passphrase"


def ask(client, email):
    return client.post("/api/v1/auth/password-resets", json={"email": email})


def reset(client, token, password=NEW):
    return client.post("/api/v1/auth/password-resets/confirmation", json={"token": token, "password": password})


def log_in(client, email, password):
    return client.post("/api/v1/auth/sessions", json={"email": email, "password": password})


@pytest.fixture
def token(client, ada, box):
    assert ask(client, ada.email).status_code == 202
    assert work() == 1
    return box.token(ada.email, "auth.reset_password")


def test_a_new_password_is_set_and_everything_else_ends(client, ada, box, token):
    pat = json_of(ada.post("accounts/me/tokens", {"name": "CI", "scopes": ["tasks.read"]}))["token"]
    assert reset(client, token).status_code == 204
    problem(ada.get("accounts/me"), 401)
    problem(client.post("/api/v1/auth/refreshes", json={"refresh_token": ada.refresh_token}), 401)
    problem(client.get("/api/v1/tasks/projects", headers={"Authorization": f"Bearer {pat}"}), 401)
    problem(log_in(client, ada.email, PASSWORD), 401)
    assert log_in(client, ada.email, NEW).status_code == 201
    assert box.templates(ada.email) == ["auth.verify_address", "auth.reset_password", "auth.password_was_changed"]
    assert find_by_email(ada.email).verified_at is not None
    assert "auth.password_reset" in acts(find_by_email(ada.email).id)


def test_a_link_resets_once(client, ada, token):
    assert reset(client, token).status_code == 204
    problem(reset(client, token, "yet another passphrase"), 404, "no_such_link")
    assert log_in(client, ada.email, NEW).status_code == 201


def test_a_second_factor_is_asked_for_after_a_reset_as_before(client, ada, token):
    app = factors.with_app(ada)
    assert reset(client, token).status_code == 204
    first = log_in(client, ada.email, NEW)
    assert first.status_code == 202
    finished = factors.finish(client, json_of(first)["second_factor"]["token"], code=app.code())
    assert finished.status_code == 201


def test_a_guessable_password_leaves_the_link_usable(client, ada, token):
    problem(reset(client, token, "password1"), 409, "password_refused")
    assert ada.get("accounts/me").status_code == 200
    assert reset(client, token).status_code == 204


def test_a_reset_voids_the_links_before(client, ada, box, token):
    ask(client, ada.email)
    work()
    assert reset(client, box.token(ada.email, "auth.reset_password")).status_code == 204
    problem(reset(client, token), 404, "no_such_link")


def test_a_link_is_good_for_an_hour(client, ada, token):
    late = MailToken.expires_at - dt.timedelta(hours=1, minutes=1)  # the test's transaction began a moment ago
    db.session.execute(sa.update(MailToken).where(MailToken.purpose == "reset").values(expires_at=late))
    problem(reset(client, token), 404, "no_such_link")
    assert log_in(client, ada.email, PASSWORD).status_code == 201


def test_nothing_is_sent_for_unknown_addresses_and_disabled_accounts(client, ada, box):
    db.session.execute(sa.update(User).where(User.email == ada.email).values(disabled_at=sa.func.now()))
    db.session.commit()
    assert [ask(client, email).status_code for email in (ada.email, "nobody@example.com")] == [202, 202]
    assert work() == 2
    assert (box.templates(ada.email), box.to("nobody@example.com")) == (["auth.verify_address"], [])


def test_a_change_of_password_is_told_by_mail(ada, box):
    assert ada.put("accounts/me/password", {"current_password": PASSWORD, "new_password": NEW}).status_code == 204
    assert box.templates(ada.email)[-1] == "auth.password_was_changed"


def test_ten_wrong_passwords_in_a_session_make_the_next_wait(ada):
    body = {"current_password": "wrong", "new_password": NEW}
    answers = [ada.put("accounts/me/password", body) for _ in range(11)]
    assert [a.status_code for a in answers] == [403] * 10 + [429]
    assert answers[-1].headers["Retry-After"] == "1" or answers[-1].headers["Retry-After"] == "2"
    problem(ada.put("accounts/me/password", {"current_password": PASSWORD, "new_password": NEW}), 429, "too_many_attempts")
