"""Signing in through others, and the identities of the person who asks."""

from types import SimpleNamespace

from flask import redirect, request

from app.access import me, somebody
from app.auth.device import device
from app.auth.factors.answers import answer
from app.auth.factors.schemas import ReauthenticatedSchema, SecondFactorAsked
from app.auth.schemas import SignedInSchema
from app.auth.social import authorizations, callback, handover, identities
from app.auth.social.schemas import (
    AuthorizationSchema,
    CallbackQuery,
    Handover,
    IdentitySchema,
    NewAuthorization,
    ProvidersSchema,
)
from app.auth.social.settings import social
from app.web import Blueprint, PageQuery

bp = Blueprint("social", __name__, url_prefix="/api/v1/auth/social", description="Signing in through others")
own = Blueprint("identities", __name__, url_prefix="/api/v1/accounts/me/identities", description="Whom you sign in through")


@bp.route("/providers", methods=["GET"])
@bp.public
@bp.response(200, ProvidersSchema)
def list_social_providers():
    """Whom people can sign in through here"""
    return SimpleNamespace(items=list(social().providers.values()))


@bp.route("/<provider>/authorizations", methods=["POST"])
@bp.public
@bp.rare
@bp.own_transactions
@bp.arguments(NewAuthorization)
@bp.response(201, AuthorizationSchema)
@bp.alt_response(403, description="The redirect is not registered, or who asks may not link")
def begin_social_authorization(data, provider):
    """Begin to sign in, or to link

    Send the person to `url`. They come back to the page or app with `code`, or with `error`: `access_denied`,
    `provider_failed`, `provider_unavailable`, `answer_refused` or `expired`.
    """
    return authorizations.begin(provider, **data, root=request.url_root, by=somebody())


@bp.route("/<provider>/callback", methods=["GET"])
@bp.public
@bp.arguments(CallbackQuery, location="query")
@bp.response(303, description="To the page or app, with a code or an error")
def finish_social_authorization(query, provider):
    """Where providers send people back to"""
    onwards = redirect(callback.come_back(provider, **query), 303)
    onwards.headers["Cache-Control"] = "no-store"
    return onwards


@bp.route("/handovers", methods=["POST"])
@bp.public
@bp.rare
@bp.own_transactions
@bp.arguments(Handover)
@bp.response(201, SignedInSchema)
@bp.alt_response(202, schema=SecondFactorAsked, description="The account has a second factor; go on at /auth/sessions/second-factor")
@bp.alt_response(403, description="The code or the binding is wrong, the account is disabled, or the address must be confirmed first")
@bp.alt_response(409, description="The address belongs to an account: sign in first, then link")
def hand_over_social_sign_in(data):
    """Sign in with the code that the person came back with"""
    return answer(handover.sign_in(**data, device=device()))


@bp.route("/reauthentications", methods=["POST"])
@bp.needs("accounts.write")
@bp.rare
@bp.own_transactions
@bp.arguments(Handover)
@bp.response(201, ReauthenticatedSchema)
def reauthenticate_through_other(data):
    """Prove that it is still me, by an identity of mine that I came back with"""
    return handover.prove(**data, by=me())


@own.route("", methods=["GET"])
@own.needs("accounts.read")
@own.arguments(PageQuery, location="query")
@own.page(IdentitySchema)
def list_identities(query):
    """Whom I sign in through, the newest first"""
    return identities.listing(by=me())


@own.route("", methods=["POST"])
@own.needs("accounts.write")
@own.rare
@own.own_transactions
@own.arguments(Handover)
@own.response(201, IdentitySchema)
@own.alt_response(409, description="Another account signs in with this already")
def link_identity(data):
    """Link the identity that I came back with"""
    return handover.link(**data, by=me())


@own.route("/<uuid:identity_id>", methods=["DELETE"])
@own.needs("accounts.write")
@own.response(204)
@own.alt_response(409, description="It is the only way to sign in")
def unlink_identity(identity_id):
    """Sign in through it no longer"""
    identities.unlink(identity_id, by=me())
