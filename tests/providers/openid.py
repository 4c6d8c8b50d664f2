"""An OpenID Connect provider, made of Authlib's AuthorizationServer. It asks every client for PKCE with S256 and a nonce.

What it says can be twisted: `provider.twist` gets the header and the claims of an ID token before it is signed.
"""

import hmac
import json
import os
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, InvalidRequestError, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from authlib.oidc.core.grants.util import create_half_hash
from flask import Flask, jsonify, request
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # it speaks http, on loopback

KEYS = [RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}), RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})]
CURVE = ECKey.generate_key("P-256", {"kid": "curve", "use": "sig"})


@dataclass
class Client(ClientMixin):
    client_id: str
    client_secret: str
    method: str = "client_secret_basic"

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri.endswith("/callback")

    def check_client_secret(self, client_secret):
        return client_secret == self.client_secret

    def check_endpoint_auth_method(self, method, endpoint):
        return method == self.method

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):
    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    person: dict[str, Any]

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope


@dataclass
class Provider:
    """``person`` is who is signed in at the provider: None says no to every client."""

    issuer: str = ""
    person: dict[str, Any] | None = None
    key: Any = field(default_factory=lambda: KEYS[0])
    listed: list[Any] = field(default_factory=lambda: [KEYS[0]])
    in_token: bool = True
    twist: Callable[[dict, dict], None] = field(default=lambda header, claims: None)
    userinfo: Callable[[dict], dict] = lambda person: person
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, dict] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=lambda: {"us": Client("us", "our secret"), "them": Client("them", "their secret")})
    asked: list[str] = field(default_factory=list)

    def sign(self, header: dict, claims: dict) -> str:
        if header["alg"] == "none":
            return by_hand(header, claims, lambda signed: b"")
        if header["alg"] == "HS256":
            # Algorithm confusion: the published key, taken for a shared secret.
            public = KEYS[0].as_pem(private=False)
            return by_hand(header, claims, lambda signed: hmac.digest(public, signed, "sha256"))
        return jwt.encode(header, claims, self.key, [header["alg"]])


def by_hand(header: dict, claims: dict, sign: Callable[[bytes], bytes]) -> str:
    """What no library lets one make."""
    signed = b".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    return (signed + b"." + encoded(sign(signed))).decode()


def encoded(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")


class PKCE(CodeChallenge):
    """Authlib's, which refuses a wrong verifier, and no client without a challenge."""

    def validate_code_challenge(self, grant, redirect_uri):
        if grant.request.payload.data.get("code_challenge_method") != "S256" or not grant.request.payload.data.get("code_challenge"):
            raise InvalidRequestError("PKCE with S256 is required")
        super().validate_code_challenge(grant, redirect_uri)


def flask_app(provider: Provider) -> Flask:
    app = Flask("openid")
    server = AuthorizationServer(
        app,
        lambda client_id: provider.clients.get(client_id),
        lambda token, request: provider.tokens.update({token["access_token"]: request.user}),
    )

    class CodeGrant(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]

        def save_authorization_code(self, code, request):
            data = request.payload.data
            provider.codes[code] = Code(
                code,
                data["client_id"],
                data["redirect_uri"],
                data["scope"],
                data["nonce"],
                data["code_challenge"],
                data["code_challenge_method"],
                request.user,
            )

        def query_authorization_code(self, code, client):
            found = provider.codes.get(code)
            return found if found and found.client_id == client.client_id else None

        def delete_authorization_code(self, authorization_code):
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code):
            return authorization_code.person

    class IDToken(OpenIDCode):
        def exists_nonce(self, nonce, request):
            return any(code.nonce == nonce for code in provider.codes.values())

        def encode_id_token(self, token, request):
            header = {"alg": "ES256" if provider.key is CURVE else "RS256", "kid": provider.key.kid}
            at_hash = create_half_hash(token["access_token"], header["alg"]).decode()
            now = int(time.time())
            claims = {
                "iss": provider.issuer,
                "aud": request.client.client_id,
                "iat": now,
                "exp": now + 300,
                "nonce": request.authorization_code.nonce,
                "at_hash": at_hash,
                **(request.user if provider.in_token else {"sub": request.user["sub"]}),
            }
            provider.twist(header, claims)
            return provider.sign(header, claims)

    server.register_grant(CodeGrant, [PKCE(required=True), IDToken(require_nonce=True)])

    @app.before_request
    def note():
        provider.asked.append(request.path)

    @app.get("/authorize")
    def authorize():
        asked = server.create_oauth2_request(None)
        return server.create_authorization_response(asked, provider.person, server.get_authorization_grant(asked))

    @app.post("/token")
    def token():
        return server.create_token_response()

    @app.get("/userinfo")
    def userinfo():
        person = provider.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        return jsonify(provider.userinfo(person)) if person else ({"error": "invalid_token"}, 401)

    @app.get("/keys")
    def keys():
        return jsonify(KeySet(provider.listed).as_dict(private=False))

    @app.get("/.well-known/openid-configuration")
    def configuration():
        return {
            "issuer": provider.issuer,
            "authorization_endpoint": f"{provider.issuer}/authorize",
            "token_endpoint": f"{provider.issuer}/token",
            "userinfo_endpoint": f"{provider.issuer}/userinfo",
            "jwks_uri": f"{provider.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": [provider.clients["us"].method],
        }

    return app
