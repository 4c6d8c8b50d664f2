"""Checking an ID token (OpenID Connect Core 1.0, section 3.1.3.7)."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key

from app.auth.social.published import Published
from app.auth.social.trouble import Distrusted

FITS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Those with a private and a public key. Never `none`; never HS256, whose secret the public key would become."""

LEEWAY = 60
"""Seconds that clocks may differ."""
OLDEST = 600
"""Seconds since it was issued: a visit takes no longer."""


def verified(token: Any, published: Published, *, issuer: str, client_id: str, nonce: str, access_token: str) -> Mapping[str, Any]:
    """The claims of a token that this issuer made for us, for this very visit, a moment ago. Raises Distrusted."""
    if not isinstance(token, str):
        raise Distrusted("no ID token")
    try:
        found = jwt.decode(token, finder(published), algorithms=ALGORITHMS)
        options: Any = {
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": client_id},
            "nonce": {"essential": True, "value": nonce},
        }
        known = {"nonce": nonce, "client_id": client_id, "access_token": access_token}
        claims = CodeIDToken(found.claims, found.header, options, known)
        claims.validate(leeway=LEEWAY)
    except JoseError as error:
        raise Distrusted(f"ID token: {error.error}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Distrusted(f"ID token: {type(error).__name__}") from None
    if claims["iat"] < time.time() - OLDEST - LEEWAY:
        raise Distrusted("ID token: issued long ago")
    return claims


def finder(published: Published) -> Callable[[Any], Key]:
    """The key that a token's header names; the set is read anew for one that is not in it: keys rotate."""

    def find(token: Any) -> Key:
        header = token.headers()
        if header.get("alg") not in ALGORITHMS:
            raise Distrusted("ID token: signed in a way that we do not accept")
        key = matching(published.keys.get(), header) or matching(published.keys.ahead_of_time(), header)
        if key is None:
            raise Distrusted("ID token: signed with an unknown key")
        return key

    return find


def matching(keys: Sequence[Key], header: Mapping[str, Any]) -> Key | None:
    """The one key of this id that serves this algorithm; without an id only where there is no choice."""
    kid, algorithm = header.get("kid"), header["alg"]
    fitting = [key for key in keys if key.key_type == FITS[algorithm[:2]] and (key.alg or algorithm) == algorithm]
    named = fitting if kid is None else [key for key in fitting if key.kid == kid]
    return named[0] if len(named) == 1 else None
