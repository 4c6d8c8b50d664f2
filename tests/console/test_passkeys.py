"""Passkeys with Chromium's own WebAuthn and its virtual authenticator, against a real service."""

import pytest

from tests import kit
from tests.console.test_console import browser, service  # noqa: F401

SCRIPT = """
async ([token, method, path, body]) => {
  const headers = {"Content-Type": "application/json", ...(token ? {Authorization: `Bearer ${token}`} : {}), "If-Match": "*"};
  const answer = await fetch(`/api/v1/${path}`, {method, headers, body: body && JSON.stringify(body)});
  return {status: answer.status, body: answer.status === 204 ? null : await answer.json()};
}
"""
MAKE = """
async (options) => {
  const made = await navigator.credentials.create({publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options)});
  return made.toJSON();
}
"""
GET = """
async (options) => {
  const found = await navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options)});
  return found.toJSON();
}
"""


class Page:
    """A page of ours in a browser with an authenticator that says yes."""

    def __init__(self, context, url):
        self.page, self.token = context.new_page(), None
        self.page.goto(url)
        self.devtools = context.new_cdp_session(self.page)
        self.devtools.send("WebAuthn.enable")
        self.key = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"]

    def call(self, method, path, body=None, status=201):
        answer = self.page.evaluate(SCRIPT, [self.token, method, path, body])
        assert answer["status"] == status, answer
        return answer["body"]

    def sign_up(self, email):
        tokens = self.call("POST", "auth/registrations", {"email": email, "password": kit.PASSWORD, "name": "Passkey"})
        self.token, self.id = tokens["access_token"], tokens["user"]["id"]

    def add_passkey(self, name="Laptop"):
        credential = self.page.evaluate(MAKE, self.call("POST", "accounts/me/passkey-challenges")["options"])
        return self.call("POST", "accounts/me/passkeys", {"name": name, "credential": credential})

    def sign_in(self, status=201):
        options = self.call("POST", "auth/passkey-challenges")["options"]
        return self.call("POST", "auth/sessions/passkey", {"passkey": self.page.evaluate(GET, options)}, status)

    def credentials(self):
        return self.devtools.send("WebAuthn.getCredentials", {"authenticatorId": self.key})["credentials"]


AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(browser, service):  # noqa: F811
    context = browser.new_context()
    yield Page(context, service.url.replace("127.0.0.1", "localhost"))
    context.close()


def test_a_passkey_is_made_signs_in_alone_steps_up_and_is_removed(page):
    page.sign_up("alone@example.com")
    made = page.add_passkey()
    assert made["transports"] == ["internal"]
    page.token = None
    tokens = page.sign_in()
    assert tokens["user"]["id"] == page.id
    page.token = tokens["access_token"]
    options = page.call("POST", "auth/reauthentication-challenges")["options"]
    proof = page.call("POST", "auth/reauthentications", {"passkey": page.page.evaluate(GET, options)})
    assert proof["methods"] == ["passkey"]
    assert page.call("GET", "accounts/me/passkeys", status=200)["items"][0]["last_used_at"] is not None
    page.call("DELETE", "accounts/me/password", status=204)
    assert page.call("DELETE", f"accounts/me/passkeys/{made['id']}", status=409)["code"] == "last_way_in"
    page.token = page.sign_in()["access_token"]


def test_a_passkey_is_the_second_step_and_is_not_made_twice_on_one_device(page):
    page.sign_up("second@example.com")
    page.add_passkey()
    with pytest.raises(Exception, match="InvalidStateError"):
        page.add_passkey("Again")
    token, page.token = page.token, None
    second = page.call("POST", "auth/sessions", {"email": "second@example.com", "password": kit.PASSWORD}, status=202)["second_factor"]
    assert second["methods"] == ["passkey"]
    answer = {"token": second["token"], "passkey": page.page.evaluate(GET, second["passkey"])}
    assert page.call("POST", "auth/sessions/second-factor", answer)["user"]["id"] == page.id
    page.token = token
    assert len(page.call("GET", "accounts/me/passkeys", status=200)["items"]) == 1


def test_a_passkey_whose_counter_went_back_opens_nothing(page):
    page.sign_up("copied@example.com")
    page.add_passkey()
    (copy,) = page.credentials()
    page.sign_in()
    page.devtools.send("WebAuthn.removeCredential", {"authenticatorId": page.key, "credentialId": copy["credentialId"]})
    page.devtools.send("WebAuthn.addCredential", {"authenticatorId": page.key, "credential": copy})
    assert page.sign_in(status=401)["code"] == "wrong_passkey"
    entries = page.call("GET", "audit/mine?action=auth.passkey_copied", status=200)["items"]
    assert [entry["account_id"] for entry in entries] == [page.id]
