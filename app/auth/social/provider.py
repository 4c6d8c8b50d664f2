"""What a provider can do, and the secrets of one visit to it."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Protocol

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import current_app

from app.auth.social.claimed import Claimed


@dataclass(frozen=True)
class Visit:
    """One authorization: all of its secrets follow from the state and our key, so none of them is stored.

    ``callback`` is our address that the provider sends the person back to; both requests must name the same.
    """

    state: str
    callback: str

    @property
    def nonce(self) -> str:
        return self._derived(b"z2h-social-nonce")

    @property
    def verifier(self) -> str:
        """PKCE (RFC 7636): 43 characters."""
        return self._derived(b"z2h-social-pkce")

    @property
    def challenge(self) -> dict[str, Any]:
        return {"code_challenge": create_s256_code_challenge(self.verifier), "code_challenge_method": "S256"}

    def _derived(self, purpose: bytes) -> str:
        key = hashlib.blake2b(current_app.config["SECRET_KEY"].encode(), person=purpose[:16]).digest()
        return urlsafe_b64encode(hmac.digest(key, self.state.encode(), "sha256")).rstrip(b"=").decode()


class Provider(Protocol):
    """Somebody whom people sign in with: `openid.py`, `facebook.py`."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def issuer(self) -> str: ...

    def authorization_url(self, visit: Visit) -> str:
        """Where the person is sent. Raises Trouble."""
        ...

    def person(self, code: str, visit: Visit) -> Claimed:
        """Who the person is that came back with this code. Raises Trouble."""
        ...
