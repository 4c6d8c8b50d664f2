"""Facebook: OAuth 2 with PKCE, and the Graph API for who it was. No `openid` scope, no ID token.

Every call carries `appsecret_proof`, so that a token which another app got is of no use with ours. Facebook says
nothing about whether an address is verified: it counts as unverified.
"""

import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import urlencode

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request

from app.auth.social.claimed import Claimed, claimed
from app.auth.social.outbound import ask
from app.auth.social.provider import Visit
from app.auth.social.trouble import Distrusted

DIALOG = "https://www.facebook.com/v24.0/dialog/oauth"
GRAPH = "https://graph.facebook.com/v24.0"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Facebook:
    client_id: str
    client_secret: str
    dialog: str = DIALOG
    graph: str = GRAPH
    name: str = "facebook"
    title: str = "Facebook"

    @property
    def issuer(self) -> str:
        """A person's id is another one in every app."""
        return f"https://www.facebook.com/{self.client_id}"

    def authorization_url(self, visit: Visit) -> str:
        return prepare_grant_uri(
            self.dialog,
            self.client_id,
            "code",
            redirect_uri=visit.callback,
            scope="email,public_profile",
            state=visit.state,
            **visit.challenge,
        )

    def person(self, code: str, visit: Visit) -> Claimed:
        token = self.exchanged(code, visit)
        proof = hmac.new(self.client_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        query = urlencode({"fields": "id,name,email", "appsecret_proof": proof})
        profile = self.ask("GET", f"{self.graph}/me?{query}", headers={"Authorization": f"Bearer {token}"})
        return claimed(self.issuer, profile.get("id"), profile, verified=False)

    def exchanged(self, code: str, visit: Visit) -> str:
        body = prepare_token_request(
            "authorization_code",
            "",
            redirect_uri=visit.callback,
            client_id=self.client_id,
            client_secret=self.client_secret,
            code=code,
            code_verifier=visit.verifier,
        )
        found = self.ask("POST", f"{self.graph}/oauth/access_token", headers={"Content-Type": FORM}, body=body)
        token = found.get("access_token")
        if not isinstance(token, str) or not token:
            raise Distrusted("no access token")
        return token

    def ask(self, method: str, url: str, **options):
        return ask(method, url, service="social-facebook", private=self.graph != GRAPH, **options)
