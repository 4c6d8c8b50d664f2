"""Which providers there are: from settings, checked before the service starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app

from app.auth.social.facebook import DIALOG, GRAPH, Facebook
from app.auth.social.openid import GOOGLE, OpenID
from app.auth.social.provider import Provider
from app.config import BadSetting, Setting, text, words
from app.errors import NotFound

NAME = r"[a-z][a-z0-9_]{0,12}"
APP_LINK = r"https://[a-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9._~/-]*"
OWN_SCHEME = r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/[A-Za-z0-9._~/-]*"
TAKEN = {"google", "facebook", "providers", "handovers", "reauthentications"}


def names(value: str) -> tuple[str, ...]:
    found = words(value)
    if bad := [name for name in found if not re.fullmatch(NAME, name) or name in TAKEN]:
        raise ValueError(f"must be up to 13 small letters, digits and underscores, none of them {', '.join(sorted(TAKEN))}: not {bad[0]!r}")
    return found


def redirects(value: str) -> tuple[str, ...]:
    """RFC 8252, sections 7.1 and 7.2: a scheme of one's own has a dot in it, as it begins with one's reversed domain."""
    found = words(value)
    if bad := [uri for uri in found if not re.fullmatch(f"{APP_LINK}|{OWN_SCHEME}", uri)]:
        raise ValueError(f"must be addresses like com.example.app:/signed-in or https://app.example.com/signed-in, not {bad[0]!r}")
    return found


def address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment or len(value) > 255:
        raise ValueError("must be an address like https://id.example.com")
    return value


SETTINGS = (
    Setting("AUTH_GOOGLE_CLIENT_ID", text, "", "Client id at Google; empty: nobody signs in with Google."),
    Setting("AUTH_GOOGLE_CLIENT_SECRET", text, "", "Client secret at Google."),
    Setting("AUTH_GOOGLE_ISSUER", address, GOOGLE, "Google's issuer; another one for tests."),
    Setting("AUTH_FACEBOOK_CLIENT_ID", text, "", "App id at Facebook; empty: nobody signs in with Facebook."),
    Setting("AUTH_FACEBOOK_CLIENT_SECRET", text, "", "App secret at Facebook."),
    Setting("AUTH_FACEBOOK_DIALOG", address, DIALOG, "Facebook's log-in dialog, with the version of its API."),
    Setting("AUTH_FACEBOOK_GRAPH", address, GRAPH, "Facebook's Graph API, with its version."),
    Setting("AUTH_OIDC", names, (), "OpenID Connect issuers by names of your own; each has AUTH_OIDC_<NAME>_ISSUER, …_CLIENT_ID, …"),
    Setting("AUTH_NATIVE_REDIRECTS", redirects, (), "Addresses of native apps that a social sign-in may end at, exactly."),
)


def of_issuers(settings: Mapping[str, Any]) -> dict[str, Setting]:
    """The settings of the issuers that AUTH_OIDC names."""
    found = []
    for name in settings["AUTH_OIDC"]:
        prefix = f"AUTH_OIDC_{name.upper()}"
        found += [
            Setting(f"{prefix}_ISSUER", address, "", f"Issuer of {name}, exactly as its discovery document has it."),
            Setting(f"{prefix}_CLIENT_ID", text, "", f"Client id at {name}."),
            Setting(f"{prefix}_CLIENT_SECRET", text, "", f"Client secret at {name}; empty for a public client."),
            Setting(f"{prefix}_TITLE", text, name.replace("_", " ").title(), f"What the button for {name} says."),
        ]
    return {setting.name: setting for setting in found}


@dataclass(frozen=True)
class Social:
    """What the settings have on."""

    providers: Mapping[str, Provider]
    native: tuple[str, ...]
    public_url: str


def init_app(app: Flask) -> None:
    """Called once the settings are read. Raises BadSetting for a provider that could not work."""
    settings = app.config
    found: list[Provider] = [*google(settings), *facebook(settings), *[openid(settings, name) for name in settings["AUTH_OIDC"]]]
    if found and settings["APP_ENV"] == "production":
        refuse_what_is_unsafe(settings, found)
    providers = {provider.name: provider for provider in found}
    app.extensions["social"] = Social(providers, settings["AUTH_NATIVE_REDIRECTS"], settings["PUBLIC_URL"].rstrip("/"))


def google(settings: Mapping[str, Any]) -> list[Provider]:
    client_id, issuer = settings["AUTH_GOOGLE_CLIENT_ID"], settings["AUTH_GOOGLE_ISSUER"]
    secret = complete(settings, "AUTH_GOOGLE_CLIENT_SECRET") if client_id else ""
    return [OpenID("google", "Google", issuer, client_id, secret, private=issuer != GOOGLE)] if client_id else []


def facebook(settings: Mapping[str, Any]) -> list[Provider]:
    client_id = settings["AUTH_FACEBOOK_CLIENT_ID"]
    if not client_id:
        return []
    secret = complete(settings, "AUTH_FACEBOOK_CLIENT_SECRET")
    return [Facebook(client_id, secret, settings["AUTH_FACEBOOK_DIALOG"], settings["AUTH_FACEBOOK_GRAPH"].rstrip("/"))]


def openid(settings: Mapping[str, Any], name: str) -> Provider:
    prefix = f"AUTH_OIDC_{name.upper()}"
    issuer, client_id = complete(settings, f"{prefix}_ISSUER"), complete(settings, f"{prefix}_CLIENT_ID")
    return OpenID(name, settings[f"{prefix}_TITLE"], issuer, client_id, settings[f"{prefix}_CLIENT_SECRET"], private=True)


def complete(settings: Mapping[str, Any], name: str) -> str:
    if not settings[name]:
        raise BadSetting(f"Setting {name} is missing: a provider of sign-ins is on that needs it.")
    return settings[name]


def refuse_what_is_unsafe(settings: Mapping[str, Any], providers: list[Provider]) -> None:
    if not settings["PUBLIC_URL"].startswith("https://"):
        raise BadSetting("Setting PUBLIC_URL must be an https:// address where people sign in through others: they are sent back there.")
    if bad := [provider.name for provider in providers if not provider.issuer.startswith("https://")]:
        raise BadSetting(f"The issuer of {bad[0]} must be an https:// address in production.")


def social() -> Social:
    return current_app.extensions["social"]


def provider_of(name: str) -> Provider:
    found = social().providers.get(name)
    if found is None:
        raise NotFound("Nobody signs in with that here.")
    return found
