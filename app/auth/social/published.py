"""What an issuer publishes about itself: its endpoints (OpenID Connect Discovery 1.0) and its keys (RFC 7517)."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey

from app.auth.social.kept import Kept
from app.auth.social.outbound import ask
from app.auth.social.trouble import Distrusted

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
LEAST_RSA_BITS = 2048


class Published:
    """``document`` and ``keys`` are read when they are needed and kept for a while; ``keys`` anew when one is missing."""

    def __init__(self, issuer: str, service: str, *, private: bool):
        self._issuer, self._service, self._private = issuer, service, private
        self.document: Kept[Mapping[str, Any]] = Kept(self._read_document)
        self.keys: Kept[Sequence[Key]] = Kept(self._read_keys)

    def ask(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        return ask(method, url, service=self._service, private=self._private, **options)

    def _read_document(self) -> Mapping[str, Any]:
        found = self.ask("GET", f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self._issuer:
            raise Distrusted("the discovery document is another issuer's")
        # One that speaks http is on the operator's own machine; the others must not lead there.
        scheme = urlsplit(self._issuer).scheme
        for name in (*ENDPOINTS, *(["userinfo_endpoint"] if "userinfo_endpoint" in found else [])):
            if not isinstance(found.get(name), str) or urlsplit(found[name]).scheme not in {"https", scheme}:
                raise Distrusted(f"the discovery document has no usable {name}")
        return found

    def _read_keys(self) -> Sequence[Key]:
        listed = self.ask("GET", self.document.get()["jwks_uri"]).get("keys")
        return [key for described in listed if (key := imported(described))] if isinstance(listed, list) else []


def imported(described: Any) -> Key | None:
    """A public key for signatures; None for anything else: a shared secret in there would be everybody's."""
    if not isinstance(described, dict) or described.get("kty") not in {"RSA", "EC", "OKP"} or described.get("use", "sig") != "sig":
        return None
    try:
        key = JWKRegistry.import_key(described)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    weak = isinstance(key, RSAKey) and key.public_key.key_size < LEAST_RSA_BITS
    return key if isinstance(key, (RSAKey, ECKey, OKPKey)) and not weak else None
