"""Providers come from settings, which are checked before anything starts."""

import pytest

from app import create_app
from app.auth.social.settings import redirects
from app.config import BadSetting
from tests.kit import QUICK, json_of

CORP = {"AUTH_OIDC": "corp", "AUTH_OIDC_CORP_ISSUER": "https://id.example.com", "AUTH_OIDC_CORP_CLIENT_ID": "us"}


def providers(environ):
    return create_app(QUICK, environ).extensions["social"].providers


def test_without_settings_there_are_none(client, app):
    assert providers({}) == {}


def test_the_page_learns_which_there_are(client):
    assert json_of(client.get("/api/v1/auth/social/providers")) == {
        "items": [{"name": "facebook", "title": "Facebook"}, {"name": "corp", "title": "Corp"}]
    }


def test_google_facebook_and_others_by_name(app):
    google = {"AUTH_GOOGLE_CLIENT_ID": "g", "AUTH_GOOGLE_CLIENT_SECRET": "s"}
    facebook = {"AUTH_FACEBOOK_CLIENT_ID": "f", "AUTH_FACEBOOK_CLIENT_SECRET": "s"}
    found = providers({**google, **facebook, **CORP, "AUTH_OIDC_CORP_TITLE": "The Corp"})
    assert {name: (p.title, p.issuer) for name, p in found.items()} == {
        "google": ("Google", "https://accounts.google.com"),
        "facebook": ("Facebook", "https://www.facebook.com/f"),
        "corp": ("The Corp", "https://id.example.com"),
    }


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"AUTH_OIDC": "corp"}, "AUTH_OIDC_CORP_ISSUER"),
        ({**CORP, "AUTH_OIDC_CORP_CLIENT_ID": ""}, "AUTH_OIDC_CORP_CLIENT_ID"),
        ({**CORP, "AUTH_OIDC_CORP_ISSUER": "id.example.com"}, "AUTH_OIDC_CORP_ISSUER"),
        ({**CORP, "AUTH_OIDC": "Corp"}, "AUTH_OIDC"),
        ({**CORP, "AUTH_OIDC": "google"}, "AUTH_OIDC"),
        ({"AUTH_GOOGLE_CLIENT_ID": "g"}, "AUTH_GOOGLE_CLIENT_SECRET"),
        ({"AUTH_FACEBOOK_CLIENT_ID": "f"}, "AUTH_FACEBOOK_CLIENT_SECRET"),
        ({"AUTH_NATIVE_REDIRECTS": "javascript:alert(1)"}, "AUTH_NATIVE_REDIRECTS"),
    ],
)
def test_what_could_not_work_stops_the_start(app, environ, named):
    with pytest.raises(BadSetting, match=named):
        providers(environ)


def test_production_wants_https(app):
    secrets = {"APP_ENV": "production", "SECRET_KEY": "s" * 40, "JWT_KEYS": ("j" * 40,), "DATABASE_URL": "postgresql+psycopg://x/y"}
    settings = {**QUICK, **secrets, "REDIS_URL": "redis://x/0"}
    with pytest.raises(BadSetting, match="PUBLIC_URL"):
        create_app(settings, CORP)
    with pytest.raises(BadSetting, match="https"):
        create_app({**settings, "PUBLIC_URL": "https://a.example"}, {**CORP, "AUTH_OIDC_CORP_ISSUER": "http://id.example.com"})
    found = create_app({**settings, "PUBLIC_URL": "https://a.example/"}, CORP).extensions["social"]
    assert (found.public_url, list(found.providers)) == ("https://a.example", ["corp"])


@pytest.mark.parametrize("uri", ["com.example.app:/signed-in", "com.example.app://signed-in", "https://app.example.com/signed-in"])
def test_apps_are_sent_back_to_their_own_scheme_or_to_app_links(uri):
    assert redirects(uri) == (uri,)


@pytest.mark.parametrize(
    "uri", ["http://app.example.com/", "myapp:/x", "data:text/html,x", "https://a.example/#x", "https://a.example/?x=y", "file:///x"]
)
def test_and_to_nothing_else(uri):
    with pytest.raises(ValueError, match="must be addresses like"):
        redirects(uri)
