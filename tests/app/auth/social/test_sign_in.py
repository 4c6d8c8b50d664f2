"""Signing in through others, the whole way: our address, the provider's, ours again, the hand-over."""

from tests.app.auth.social.conftest import Browser
from tests.kit import json_of


def test_a_stranger_signs_in_and_has_an_account(browser, corp):
    answer = browser.signs_in()
    assert answer.status_code == 201, answer.text
    body = json_of(answer)
    assert (body["user"]["email"], body["user"]["name"]) == (corp.person["email"], "Ada Lovelace")
    me = browser.client.get("/api/v1/accounts/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert json_of(me)["id"] == body["user"]["id"]


def test_the_same_person_comes_back_to_the_same_account(browser, corp):
    first = json_of(browser.signs_in())["user"]["id"]
    corp.person = {**corp.person, "email": "moved@example.com"}
    assert json_of(Browser(browser.client).signs_in())["user"]["id"] == first
