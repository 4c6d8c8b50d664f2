"""An OpenID Connect issuer: authorization code flow (Core 1.0, section 3.1) with PKCE and a nonce, always both."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request

from app.auth.social import id_token
from app.auth.social.claimed import Claimed, claimed
from app.auth.social.provider import Visit
from app.auth.social.published import Published
from app.auth.social.trouble import Distrusted

GOOGLE = "https://accounts.google.com"
SCOPE = "openid email profile"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class OpenID:
    """``private``: the issuer may live on a private network, because the operator chose its address."""

    name: str
    title: str
    issuer: str
    client_id: str
    client_secret: str
    private: bool = False

    @cached_property
    def published(self) -> Published:
        return Published(self.issuer, f"social-{self.name}", private=self.private)

    def authorization_url(self, visit: Visit) -> str:
        return prepare_grant_uri(
            self.published.document.get()["authorization_endpoint"],
            self.client_id,
            "code",
            redirect_uri=visit.callback,
            scope=SCOPE,
            state=visit.state,
            nonce=visit.nonce,
            **visit.challenge,
        )

    def person(self, code: str, visit: Visit) -> Claimed:
        tokens = self.exchanged(code, visit)
        access_token = tokens.get("access_token")
        if not isinstance(access_token, str) or str(tokens.get("token_type")).lower() != "bearer":
            raise Distrusted("no bearer token")
        claims = id_token.verified(
            tokens.get("id_token"),
            self.published,
            issuer=self.issuer,
            client_id=self.client_id,
            nonce=visit.nonce,
            access_token=access_token,
        )
        profile = claims if "email" in claims else {**claims, **self.profile(access_token, claims["sub"])}
        return claimed(self.issuer, claims["sub"], profile, verified=self.vouches(profile))

    def exchanged(self, code: str, visit: Visit) -> Mapping[str, Any]:
        """Tokens for a code: the provider compares the verifier with the challenge from the beginning."""
        document = self.published.document.get()
        body = prepare_token_request("authorization_code", "", redirect_uri=visit.callback, code=code, code_verifier=visit.verifier)
        methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        client = ClientAuth(self.client_id, self.client_secret, method if self.client_secret else "none")
        url, headers, body = client.prepare("POST", document["token_endpoint"], {"Content-Type": FORM}, body)
        return self.published.ask("POST", url, headers=headers, body=body)

    def profile(self, access_token: str, subject: str) -> Mapping[str, Any]:
        """What the userinfo endpoint says, if it speaks of the same person (Core 1.0, section 5.3.2)."""
        url = self.published.document.get().get("userinfo_endpoint")
        if url is None:
            return {}
        found = self.published.ask("GET", url, headers={"Authorization": f"Bearer {access_token}"})
        if found.get("sub") != subject:
            raise Distrusted("userinfo speaks of somebody else")
        return found

    def vouches(self, profile: Mapping[str, Any]) -> bool:
        """Whether the address is the person's today.

        Google verifies addresses of others once, when the account is made; only for its own is it the authority
        (developers.google.com/identity/openid-connect: `email_verified` with `hd`, or gmail.com).
        """
        said = profile.get("email_verified")
        if said is not True and said != "true":
            return False
        if self.issuer != GOOGLE:
            return True
        return bool(profile.get("hd")) or str(profile.get("email")).lower().endswith(("@gmail.com", "@googlemail.com"))
