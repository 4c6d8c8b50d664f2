"""Facebook as far as signing in goes: the dialog, the exchange of a code, and /me, which asks for the app's proof."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask, redirect, request

APP_ID, APP_SECRET = "1234567890", "the app's secret"


@dataclass
class Facebook:
    """``person`` is who is signed in there: None says no to every app. ``address`` whether they let the app see it."""

    person: dict[str, Any] | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)


def refusal(kind: str, code: int):
    return {"error": {"message": "…", "type": kind, "code": code, "fbtrace_id": "A"}}, 400


def flask_app(facebook: Facebook) -> Flask:
    app = Flask("facebook")

    @app.get("/v24.0/dialog/oauth")
    def dialog():
        asked = request.args
        assert "openid" not in asked["scope"]
        assert asked["client_id"] == APP_ID
        if facebook.person is None:
            said = {"error": "access_denied", "error_code": "200", "error_reason": "user_denied", "error_description": "Permissions error"}
        else:
            code = secrets.token_urlsafe(32)
            facebook.codes[code] = {"redirect_uri": asked["redirect_uri"], "challenge": asked["code_challenge"]}
            said = {"code": code}
        return redirect(f"{asked['redirect_uri']}?{urlencode({**said, 'state': asked['state']})}")

    @app.post("/v24.0/oauth/access_token")
    def access_token():
        given = request.form
        known = facebook.codes.pop(given["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(given["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if known is None or known != {"redirect_uri": given["redirect_uri"], "challenge": challenge}:
            return refusal("OAuthException", 100)
        if (given["client_id"], given["client_secret"]) != (APP_ID, APP_SECRET):
            return refusal("OAuthException", 1)
        token = secrets.token_urlsafe(32)
        facebook.tokens[token] = facebook.person or {}
        return {"access_token": token, "token_type": "bearer", "expires_in": 5_183_944}

    @app.get("/v24.0/me")
    def me():
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        proof = hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
        if token not in facebook.tokens or request.args.get("appsecret_proof") != proof:
            return refusal("GraphMethodException", 100)
        wanted = request.args.get("fields", "id,name").split(",")
        return {name: value for name, value in facebook.tokens[token].items() if name in wanted}

    return app
