"""WebAuthn (Level 2): what an authenticator is asked for, and whether what came back answers exactly that.

The library `webauthn` checks the signature, the origin and the flags. Challenges are ours: random, kept as a hash, spent by
the first answer to them, right or wrong.
"""

import datetime as dt
import json
import logging
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
import webauthn
from flask import current_app, request
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes, generate_challenge, parse_client_data_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from app.accounts import User
from app.auth.factors.models import Challenge, Passkey
from app.auth.secrets import digest_bytes
from app.errors import Unavailable
from app.extensions import db

log = logging.getLogger(__name__)

NAME = "Zero2Hero"
LIFE = dt.timedelta(minutes=5)
REGISTRATION, LOG_IN, SECOND_FACTOR, REAUTHENTICATION = "registration", "log_in", "second_factor", "reauthentication"
REQUIRED, PREFERRED = UserVerificationRequirement.REQUIRED, UserVerificationRequirement.PREFERRED


class NotAnswered(Exception):
    """The authenticator's answer is not one to our question."""


@dataclass(frozen=True)
class Party:
    """The relying party: the name of the host, and the origins whose pages may speak for it."""

    id: str
    origins: list[str]


def party() -> Party:
    """From PUBLIC_URL; in development from the address that the request was sent to. Raises Unavailable."""
    public = current_app.config["PUBLIC_URL"]
    if not public and current_app.config["APP_ENV"] == "production":
        raise Unavailable("Passkeys need the setting PUBLIC_URL.")
    address = urlsplit(public or request.host_url)
    host, pages = address.hostname or "localhost", current_app.config["CORS_ORIGINS"]
    ours = [page for page in pages if f".{urlsplit(page).hostname}".endswith(f".{host}")]
    return Party(host, [f"{address.scheme}://{address.netloc}", *ours])


def creation_options(user: User, existing: Iterable[Passkey]) -> dict[str, Any]:
    """For `navigator.credentials.create`. A passkey must verify its person and be found without a name: it can be the only factor."""
    options = webauthn.generate_registration_options(
        rp_id=party().id,
        rp_name=NAME,
        user_id=user.id.bytes,
        user_name=user.email,
        user_display_name=user.name,
        challenge=new_challenge(REGISTRATION, user.id),
        timeout=milliseconds(),
        exclude_credentials=[descriptor(passkey) for passkey in existing],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    return json.loads(webauthn.options_to_json(options))


def request_options(
    purpose: str, user_id: uuid.UUID | None, allowed: Iterable[Passkey], verify: UserVerificationRequirement
) -> dict[str, Any]:
    """For `navigator.credentials.get`; without allowed passkeys the person chooses among those of the device."""
    options = webauthn.generate_authentication_options(
        rp_id=party().id,
        challenge=new_challenge(purpose, user_id),
        timeout=milliseconds(),
        allow_credentials=[descriptor(passkey) for passkey in allowed],
        user_verification=verify,
    )
    return json.loads(webauthn.options_to_json(options))


def registered(credential: Mapping[str, Any], user_id: uuid.UUID) -> VerifiedRegistration:
    """Raises NotAnswered."""
    challenge, us = spend(credential, REGISTRATION, user_id), party()
    try:
        return webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=us.id,
            expected_origin=us.origins,
            require_user_verification=True,
        )
    except Exception as error:  # parsers of hostile bytes raise whatever they like
        log.info("passkey registration refused: %s", type(error).__name__)
        raise NotAnswered from None


def asserted(
    credential: Mapping[str, Any], challenge: bytes, passkey: Passkey, verify: UserVerificationRequirement
) -> VerifiedAuthentication:
    """Whoever holds the passkey has signed the challenge. Leaves the sign counter to the caller. Raises NotAnswered."""
    us = party()
    handle = credential["response"].get("userHandle")
    try:
        if handle and base64url_to_bytes(handle) != passkey.user_id.bytes:
            raise NotAnswered
        return webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=us.id,
            expected_origin=us.origins,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,
            require_user_verification=verify is REQUIRED,
        )
    except Exception as error:
        log.info("passkey refused: %s", type(error).__name__)
        raise NotAnswered from None


def new_challenge(purpose: str, user_id: uuid.UUID | None) -> bytes:
    challenge = generate_challenge()
    expires = sa.func.now() + LIFE
    db.session.add(Challenge(hash=digest_bytes(challenge), purpose=purpose, user_id=user_id, expires_at=expires))
    db.session.flush()
    return challenge


def spend(credential: Mapping[str, Any], purpose: str, user_id: uuid.UUID | None) -> bytes:
    """The challenge that the answer names, if it was ours for this purpose and person; no other answer to it counts. Raises NotAnswered."""
    try:
        client = parse_client_data_json(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        challenge = client.challenge
        # A page of somebody else that has ours in a frame does not speak for us.
        framed = client.cross_origin
    except Exception:
        raise NotAnswered from None
    ours = sa.delete(Challenge).where(
        Challenge.hash == digest_bytes(challenge),
        Challenge.purpose == purpose,
        Challenge.user_id.is_not_distinct_from(user_id),
        Challenge.expires_at > sa.func.now(),
    )
    if not db.session.execute(ours).rowcount or framed:  # type: ignore[attr-defined]
        raise NotAnswered
    return challenge


def descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    transports = [AuthenticatorTransport(name) for name in passkey.transports]
    return PublicKeyCredentialDescriptor(id=passkey.credential_id, transports=transports or None)


def milliseconds() -> int:
    return int(LIFE.total_seconds() * 1000)
