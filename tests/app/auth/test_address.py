"""Another address for an account."""

import pytest

from app.accounts import find_by_email
from tests.app.auth.conftest import acts, work
from tests.kit import PASSWORD, Person, json_of, problem

NEW = "augusta@example.org"


def follow(client, what, token):
    return client.post(f"/api/v1/auth/address-changes/{what}", json={"token": token})


def ask(person, email=NEW, password=PASSWORD):
    return person.post("accounts/me/address-changes", {"email": email, "password": password})


def log_in(client, email, password=PASSWORD):
    return client.post("/api/v1/auth/sessions", json={"email": email, "password": password}).status_code


@pytest.fixture
def verified(client, ada, box):
    client.post("/api/v1/auth/verifications/confirmation", json={"token": box.token(ada.email, "auth.verify_address")})
    return ada


def test_an_address_changes_once_it_is_confirmed_there_and_both_are_told(client, verified, box):
    ada = verified
    assert ask(ada).status_code == 202
    assert (box.templates(NEW), box.templates(ada.email)[-1]) == (["auth.confirm_new_address"], "auth.address_change_requested")
    assert json_of(ada.get("accounts/me"))["email"] == ada.email
    assert follow(client, "confirmation", box.token(NEW, "auth.confirm_new_address")).status_code == 204
    assert json_of(ada.get("accounts/me"))["email"] == NEW
    assert (box.templates(NEW)[-1], box.templates(ada.email)[-1]) == ("auth.address_is_yours", "auth.address_was_changed")
    assert (log_in(client, ada.email), log_in(client, NEW)) == (401, 201)


def test_a_wrong_password_changes_nothing(client, verified, box):
    assert problem(ask(verified, password="wrong"), 403, "wrong_password")["errors"] == {"/password": "This is not your password."}
    assert box.to(NEW) == []


def test_a_taken_address_gets_the_same_answer_and_its_owner_a_mail(client, verified, grace, box):
    taken, free = ask(verified, grace.email), ask(verified, NEW)
    assert (taken.status_code, taken.data) == (free.status_code, free.data)
    assert box.templates(grace.email) == ["auth.verify_address", "auth.address_in_use"]


def test_an_address_that_was_taken_meanwhile_stays_with_who_took_it(client, verified, box):
    ask(verified)
    Person(client, "Eve", NEW)
    problem(follow(client, "confirmation", box.token(NEW, "auth.confirm_new_address")), 409, "address_taken")
    assert json_of(verified.get("accounts/me"))["email"] == verified.email


@pytest.fixture
def changed(client, verified, box):
    ask(verified)
    follow(client, "confirmation", box.token(NEW, "auth.confirm_new_address"))
    return verified


def test_the_old_address_takes_the_account_back_and_the_password_is_void(client, changed, box):
    ada = changed
    assert follow(client, "reversal", box.token(ada.email, "auth.address_was_changed")).status_code == 204
    problem(ada.get("accounts/me"), 401)
    assert (log_in(client, ada.email), log_in(client, NEW)) == (401, 401)
    body = {"token": box.token(ada.email, "auth.reset_after_undo"), "password": "mine again, for good"}
    assert client.post("/api/v1/auth/password-resets/confirmation", json=body).status_code == 204
    assert log_in(client, ada.email, "mine again, for good") == 201
    assert box.templates(NEW)[-1] == "auth.address_was_taken_back"
    assert "auth.address_change_undone" in acts(find_by_email(ada.email).id)


def test_nobody_takes_the_old_address_while_it_can_be_taken_back(client, changed, grace, box):
    body = {"email": changed.email, "password": PASSWORD, "name": "Eve"}
    problem(client.post("/api/v1/auth/registrations", json=body), 409, "address_taken")
    ask(grace, changed.email)
    assert box.templates(changed.email)[-1] == "auth.address_in_use"
    assert follow(client, "reversal", box.token(changed.email, "auth.address_was_changed")).status_code == 204


def test_who_moved_an_account_twice_cannot_move_it_again_once_it_is_taken_back(client, changed, box):
    third = "third@example.net"
    ask(changed, third)
    follow(client, "confirmation", box.token(third, "auth.confirm_new_address"))
    assert follow(client, "reversal", box.token(changed.email, "auth.address_was_changed")).status_code == 204
    problem(follow(client, "reversal", box.token(NEW, "auth.address_was_changed")), 404, "no_such_link")
    assert find_by_email(changed.email) is not None


def test_an_address_that_was_never_confirmed_gets_no_way_back_in(client, ada, box):
    ask(ada)
    follow(client, "confirmation", box.token(NEW, "auth.confirm_new_address"))
    assert "undo" not in box.to(ada.email)[-1][1]
    assert box.templates(ada.email)[-1] == "auth.address_was_changed"


def test_links_to_the_old_address_are_void_after_the_change(client, verified, box):
    client.post("/api/v1/auth/password-resets", json={"email": verified.email})
    work()
    ask(verified)
    follow(client, "confirmation", box.token(NEW, "auth.confirm_new_address"))
    body = {"token": box.token(verified.email, "auth.reset_password"), "password": "of somebody else now"}
    problem(client.post("/api/v1/auth/password-resets/confirmation", json=body), 404, "no_such_link")
