import itertools
import secrets
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from app.auth.social import settings
from tests.kit import json_of
from tests.providers import facebook, openid, served, visited

NATIVE = "com.example.app:/signed-in"
_numbers = itertools.count(1)


class Browser:
    """A client that signs in through others: it keeps its binding, as the page does in sessionStorage."""

    def __init__(self, client, provider="corp", *, person=None, **more):
        self.client, self.provider, self.person, self.more = client, provider, person, more
        self.binding = secrets.token_urlsafe(32)

    def post(self, path, json):
        return (self.person or self).post_as(path, json)

    def post_as(self, path, json):
        return self.client.post(f"/api/v1/{path}", json=json)

    def begin(self):
        asked = {"binding": self.binding, **self.more}
        path = f"/api/v1/auth/social/{self.provider}/authorizations"
        return self.person.post(path, asked) if self.person else self.client.post(path, json=asked)

    def goes_to_provider(self):
        """Our callback's address, as the provider sends the browser to it."""
        return visited(json_of(self.begin())["url"])

    def comes_back(self, address):
        """Where our callback sends the browser."""
        parts = urlsplit(address)
        answer = self.client.get(f"{parts.path}?{parts.query}")
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def returns(self):
        return self.comes_back(self.goes_to_provider())

    def code(self):
        return said(self.returns())["code"]

    def exchange(self, code, binding=None):
        return self.client.post("/api/v1/auth/social/handovers", json={"code": code, "binding": binding or self.binding})

    def signs_in(self):
        return self.exchange(self.code())

    def links(self, code=None):
        return self.person.post("/api/v1/accounts/me/identities", {"code": code or self.code(), "binding": self.binding})


def said(address):
    """What the page reads in its address."""
    return {name: values[0] for name, values in parse_qs(address.partition("?")[2]).items()}


def somebody(**more):
    number = f"{next(_numbers)}.{secrets.token_hex(3)}"
    return {"sub": f"subject-{number}", "name": "Ada Lovelace", "email": f"ada{number}@example.com", "email_verified": True, **more}


@pytest.fixture(scope="session")
def _openid() -> Iterator[tuple[openid.Provider, str]]:
    provider = openid.Provider()
    with served(openid.flask_app(provider)) as url:
        yield provider, url


@pytest.fixture
def corp(_openid) -> openid.Provider:
    """The OpenID provider, honest and with somebody new signed in at it."""
    provider, url = _openid
    provider.__dict__.clear()
    provider.__init__(issuer=url, person=somebody())
    return provider


@pytest.fixture(scope="session")
def _facebook() -> Iterator[tuple[facebook.Facebook, str]]:
    standing_in = facebook.Facebook()
    with served(facebook.flask_app(standing_in)) as url:
        yield standing_in, url


@pytest.fixture
def fb(_facebook) -> facebook.Facebook:
    person = somebody()
    _facebook[0].person = {"id": person["sub"], "name": person["name"], "email": person["email"]}
    return _facebook[0]


def configured(app: Flask, issuer: str, facebook_url: str) -> None:
    app.config.update(
        AUTH_OIDC=("corp",),
        AUTH_OIDC_CORP_ISSUER=issuer,
        AUTH_OIDC_CORP_CLIENT_ID="us",
        AUTH_OIDC_CORP_CLIENT_SECRET="our secret",
        AUTH_OIDC_CORP_TITLE="Corp",
        AUTH_FACEBOOK_CLIENT_ID=facebook.APP_ID,
        AUTH_FACEBOOK_CLIENT_SECRET=facebook.APP_SECRET,
        AUTH_FACEBOOK_DIALOG=f"{facebook_url}/v24.0/dialog/oauth",
        AUTH_FACEBOOK_GRAPH=f"{facebook_url}/v24.0",
        AUTH_NATIVE_REDIRECTS=(NATIVE,),
    )
    settings.init_app(app)


@pytest.fixture(autouse=True)
def _social(request, _openid, _facebook) -> Iterator[None]:
    """The app that the test uses has both providers on."""
    name = "real" if "real" in request.fixturenames else "app"
    app = request.getfixturevalue(name)
    before = dict(app.config)
    configured(app, _openid[1], _facebook[1])
    yield
    app.config.clear()
    app.config.update(before)
    settings.init_app(app)


@pytest.fixture
def browser(client, corp) -> Browser:
    return Browser(client)
