"""From the Authorization header to an actor.

Access tokens are JWTs (RFC 7519) verified by flask-jwt-extended with the algorithm pinned and the key chosen
by ``kid``; personal access tokens are looked up by their hash.
"""

import time
import uuid
from typing import Any

import jwt as pyjwt
import sqlalchemy as sa
from flask import Flask, current_app
from flask_jwt_extended import decode_token
from flask_jwt_extended.exceptions import JWTExtendedException

from app import accounts
from app.access import Actor
from app.accounts import User
from app.auth import secrets
from app.auth.ended import ended
from app.auth.factors import held
from app.auth.models import PersonalToken, Session
from app.config import key_id
from app.db import Prepared, bind
from app.errors import InvalidToken
from app.extensions import jwt

REMAINING = frozenset({"accounts.read", "notifications.read"})
"""What remains, in somebody's place, of what people may do with their account and how they are reached."""
ALGORITHM, AUDIENCE = "HS256", "zero2hero"

SESSION = Prepared(
    lambda: (
        sa.select(Session.user_id, Session.methods, Session.impersonator_id, User.roles, User.deletion_at)
        .join(User, User.id == Session.user_id)
        .where(
            Session.id == bind("session_id", Session.id),
            Session.ended_at.is_(None),
            Session.expires_at > sa.func.now(),
            User.disabled_at.is_(None),
        )
    )
)

PERSONAL = Prepared(
    lambda: (
        sa.update(PersonalToken)
        .where(
            PersonalToken.hash == bind("hash", PersonalToken.hash),
            PersonalToken.revoked_at.is_(None),
            sa.or_(PersonalToken.expires_at.is_(None), PersonalToken.expires_at > sa.func.now()),
            PersonalToken.user_id == User.id,
            User.disabled_at.is_(None),
            User.deletion_at.is_(None),
        )
        .values(last_used_at=sa.func.now())
        .returning(
            PersonalToken.id,
            PersonalToken.user_id,
            PersonalToken.scopes,
            PersonalToken.expires_at,
            User.roles,
            held.any_of(User.id).label("strong"),
        )
    )
)


def authenticate(environ: dict[str, Any]) -> Actor | None:
    """Who sends this request; None without an Authorization header. Raises InvalidToken for a bad one."""
    header = environ.get("HTTP_AUTHORIZATION")
    if header is None:
        return None
    return current_app.extensions["known"].get(header) or verify_header(header)


def verify_header(header: str) -> Actor:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("Send `Authorization: Bearer <token>`.")
    return verify(token, remember_as=header)


def verify(token: str, *, remember_as: str | None = None) -> Actor:
    """The actor of an access token or a personal access token. Raises InvalidToken."""
    known = current_app.extensions["known"]
    generation = known.generation()
    actor, expires = personal(token) if token.startswith(secrets.PERSONAL) else access(token)
    if remember_as is not None:
        known.put(remember_as, actor, expires, generation)
    return actor


def access(token: str) -> tuple[Actor, float]:
    claims = decode(token)
    session = SESSION.one(session_id=uuid.UUID(claims["sid"]))
    if session is None or str(session.user_id) != claims["sub"]:
        raise InvalidToken("The session has ended. Sign in again.")
    granted = narrowed(accounts.permissions_of(session.user_id, session.roles), session)
    # Whoever acts in somebody's place has proven who they are themselves.
    strong = session.impersonator_id is not None or held.proven(session.methods)
    permissions, withheld = held.cut(granted, session.roles, strong=strong)
    actor = Actor(
        session.user_id,
        permissions,
        session_id=uuid.UUID(claims["sid"]),
        roles=tuple(session.roles),
        withheld=withheld,
        impersonator_id=session.impersonator_id,
    )
    return actor, claims["exp"]


def narrowed(permissions: frozenset[str], session: Any) -> frozenset[str]:
    """Who asked to be deleted may only take that back; whoever acts in somebody's place leaves their account alone."""
    if session.deletion_at is not None:
        permissions &= accounts.WHILE_LEAVING
    if session.impersonator_id is not None:
        own = ("accounts.", "notifications.")
        permissions = frozenset(p for p in permissions if not p.startswith(own) or p in REMAINING)
    return permissions


def decode(token: str) -> dict[str, Any]:
    try:
        claims = decode_token(token)
        if claims.get("type") != "access" or not isinstance(claims.get("sid"), str):
            raise InvalidToken("This is not an access token.")
        uuid.UUID(claims["sid"])
        return claims
    except pyjwt.ExpiredSignatureError:
        raise InvalidToken("The access token has expired; refresh it.") from None
    except (pyjwt.PyJWTError, JWTExtendedException, ValueError, TypeError, RecursionError):
        raise InvalidToken("The access token is not one of ours.") from None


def personal(token: str) -> tuple[Actor, float]:
    found = PERSONAL.one(hash=secrets.digest(token)) if secrets.well_formed(token, secrets.PERSONAL) else None
    if found is None:
        raise InvalidToken("The personal access token is unknown, revoked or expired.")
    granted = accounts.permissions_of(found.user_id, found.roles) & frozenset(found.scopes)
    permissions, withheld = held.cut(granted, found.roles, strong=found.strong)
    actor = Actor(found.user_id, permissions, token_id=found.id, roles=tuple(found.roles), withheld=withheld)
    return actor, found.expires_at.timestamp() if found.expires_at else time.time() + 3_600


def init_app(app: Flask) -> None:
    app.config.update(
        JWT_ALGORITHM=ALGORITHM,
        JWT_DECODE_ALGORITHMS=[ALGORITHM],
        JWT_ACCESS_TOKEN_EXPIRES=app.config["ACCESS_TOKEN_SECONDS"],
        JWT_ENCODE_ISSUER="zero2hero",
        JWT_DECODE_ISSUER="zero2hero",
        JWT_ENCODE_AUDIENCE=AUDIENCE,
        JWT_DECODE_AUDIENCE=AUDIENCE,
        JWT_HEADER_TYPE="Bearer",
    )
    jwt.init_app(app)
    app.extensions["authenticate"] = authenticate
    app.extensions["verify"] = verify
    app.extensions["ended_actors"] = ended


@jwt.encode_key_loader
def signing_key(_identity: Any) -> str:
    return current_app.config["JWT_KEYS"][0]


@jwt.decode_key_loader
def key_of(header: dict[str, Any], _claims: Any) -> str:
    """The key that the token names, out of the two at most that we accept."""
    for key in current_app.config["JWT_KEYS"]:
        if key_id(key) == header.get("kid"):
            return key
    raise pyjwt.InvalidKeyError("unknown kid")
