"""The key with which this service tells push services who it is (RFC 8292): made once, kept in the database."""

import base64
import time
from urllib.parse import urlsplit

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import current_app
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.notifications.models import Key

NAME = "vapid"
LIFE = 12 * 3600
"""Seconds that a signature holds; push services refuse more than a day."""


def private_pem() -> str:
    """The private key. Of several processes that make one at once, the first one's is everybody's."""
    stored = sa.select(Key.pem).where(Key.name == NAME)
    found = db.session.scalar(stored)
    if found is not None:
        return found
    made = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    db.session.execute(insert(Key).values(name=NAME, pem=made.decode()).on_conflict_do_nothing())
    return db.session.scalars(stored).one()


def public_key() -> str:
    """What browsers ask for as `applicationServerKey`: the uncompressed point, in base 64 for URLs."""
    key = serialization.load_pem_private_key(private_pem().encode(), password=None)
    point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def authorization(endpoint: str) -> str:
    """The header for one push: signed for this push service alone, with claims of its own."""
    from py_vapid import Vapid02

    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(time.time()) + LIFE, "sub": subject()}
    return Vapid02.from_pem(private_pem().encode()).sign(claims)["Authorization"]


def subject() -> str:
    """Where the people of a push service can complain."""
    from email.utils import parseaddr

    public = current_app.config["PUBLIC_URL"]
    return public if public.startswith("https://") else f"mailto:{parseaddr(current_app.config['NOTIFICATIONS_MAIL_FROM'])[1]}"
