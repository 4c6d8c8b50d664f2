"""Signing in and out, and the sessions and tokens of the person who asks."""

from flask import Response

from app.access import me
from app.auth import own_password, registration, sessions, tokens
from app.auth.device import device
from app.auth.factors.answers import answer
from app.auth.factors.schemas import SecondFactorAsked
from app.auth.schemas import (
    Credentials,
    MadePersonalTokenSchema,
    NewPersonalToken,
    PasswordChange,
    PersonalTokenSchema,
    Refresh,
    Registration,
    SessionSchema,
    SignedInSchema,
    TokensSchema,
)
from app.web import Blueprint, PageQuery

bp = Blueprint("auth", __name__, url_prefix="/api/v1/auth", description="Signing in and out")
own = Blueprint("sign_in", __name__, url_prefix="/api/v1/accounts/me", description="Your password, sessions and tokens")


@bp.route("/registrations", methods=["POST"])
@bp.public
@bp.rare
@bp.own_transactions
@bp.arguments(Registration)
@bp.response(201, SignedInSchema)
@bp.alt_response(202, description="Where addresses must be confirmed first: a mail is on its way, to whoever owns the address")
@bp.alt_response(403, description="A captcha is missing or was not solved")
@bp.alt_response(409, description="The password is too easy to guess, or (where addresses need not be confirmed) the address is taken")
def register(data):
    """Make an account and sign in"""
    return registration.register(**data, device=device()) or Response(status=202)


@bp.route("/sessions", methods=["POST"])
@bp.public
@bp.rare
@bp.own_transactions
@bp.arguments(Credentials)
@bp.response(201, SignedInSchema)
@bp.alt_response(202, schema=SecondFactorAsked, description="The password was right; go on at /auth/sessions/second-factor")
@bp.alt_response(403, description="A captcha is missing or was not solved, or the address must be confirmed first")
def log_in(data):
    """Sign in

    An account with a second factor answers 202 with a token for `POST /api/v1/auth/sessions/second-factor`.
    """
    return answer(sessions.log_in(**data, device=device()))


@bp.route("/refreshes", methods=["POST"])
@bp.public
@bp.own_transactions
@bp.arguments(Refresh)
@bp.response(201, TokensSchema)
def refresh(data):
    """Exchange a refresh token for new tokens

    Each refresh token works once. The one before the newest still gets the newest for ten seconds; an older
    one ends the session.
    """
    return sessions.refresh(data["refresh_token"])


@bp.route("/sessions/current", methods=["DELETE"])
@bp.needs("accounts.write")
@bp.response(204)
@bp.alt_response(404, description="The token belongs to no session")
def log_out():
    """Sign out"""
    sessions.log_out(by=me())


@own.route("/password", methods=["PUT"])
@own.needs("accounts.write")
@own.rare
@own.own_transactions
@own.arguments(PasswordChange)
@own.response(204)
def change_password(data):
    """Change my password; my other sessions end"""
    own_password.change(data["current_password"], data["new_password"], by=me())


@own.route("/password", methods=["DELETE"])
@own.needs("accounts.write")
@own.response(204)
def remove_password():
    """Sign in without a password from now on; the last way in stays"""
    own_password.remove(by=me())


@own.route("/sessions", methods=["GET"])
@own.needs("accounts.read")
@own.arguments(PageQuery, location="query")
@own.page(SessionSchema)
def list_sessions(query):
    """My sessions, the newest first"""
    return sessions.listing(by=me())


@own.route("/sessions", methods=["DELETE"])
@own.needs("accounts.write")
@own.response(204)
def revoke_other_sessions():
    """Sign out everywhere else"""
    sessions.revoke_others(by=me())


@own.route("/sessions/<uuid:session_id>", methods=["DELETE"])
@own.needs("accounts.write")
@own.response(204)
def revoke_session(session_id):
    """Sign out one session"""
    sessions.revoke(session_id, by=me())


@own.route("/tokens", methods=["GET"])
@own.needs("accounts.read")
@own.arguments(PageQuery, location="query")
@own.page(PersonalTokenSchema)
def list_tokens(query):
    """My personal access tokens, the newest first"""
    return tokens.listing(by=me())


@own.route("/tokens", methods=["POST"])
@own.needs("accounts.write")
@own.secret
@own.arguments(NewPersonalToken)
@own.response(201, MadePersonalTokenSchema)
def create_token(data):
    """Make a personal access token; it is shown this once"""
    return tokens.create(**data, by=me())


@own.route("/tokens/<uuid:token_id>", methods=["DELETE"])
@own.needs("accounts.write")
@own.response(204)
def revoke_token(token_id):
    """Revoke a personal access token"""
    tokens.revoke(token_id, by=me())
