"""Addresses that are confirmed and changed, passwords that were forgotten, and the captcha in front of them."""

from flask import Response

from app.access import me
from app.auth import address, captcha, recovery, verification
from app.auth.captcha import ProofOfWork
from app.auth.device import device
from app.auth.schemas import Address, AddressChange, CaptchaSchema, ChallengeSchema, Link, PasswordReset
from app.errors import NotFound
from app.web import Blueprint
from app.web.client import client_address
from app.web.json import dumps

bp = Blueprint("recovery", __name__, url_prefix="/api/v1/auth", description="Confirmed addresses and forgotten passwords")
own = Blueprint("address", __name__, url_prefix="/api/v1/accounts/me", description="Your address")


@bp.route("/verifications", methods=["POST"])
@bp.public
@bp.rare
@bp.own_transactions
@bp.arguments(Address)
@bp.response(202, description="A mail is on its way, if the address waits for one")
@bp.alt_response(403, description="A captcha is missing or was not solved")
def request_verification(data):
    """Ask for another mail that confirms an address"""
    verification.ask_again(**data, address=client_address())


@bp.route("/verifications/confirmation", methods=["POST"])
@bp.public
@bp.rare
@bp.arguments(Link)
@bp.response(204)
@bp.alt_response(404, description="The link is unknown, was used before, or has expired")
def confirm_verification(data):
    """Confirm an address by the link in the mail"""
    verification.confirm(**data)


@bp.route("/password-resets", methods=["POST"])
@bp.public
@bp.rare
@bp.own_transactions
@bp.arguments(Address)
@bp.response(202, description="A mail is on its way, if there is such an account")
@bp.alt_response(403, description="A captcha is missing or was not solved")
def request_password_reset(data):
    """Ask for a mail that sets a new password"""
    recovery.ask(**data, address=client_address())


@bp.route("/password-resets/confirmation", methods=["POST"])
@bp.public
@bp.rare
@bp.own_transactions
@bp.arguments(PasswordReset)
@bp.response(204)
@bp.alt_response(404, description="The link is unknown, was used before, or has expired")
@bp.alt_response(409, description="The password is too easy to guess; the link is still good")
def confirm_password_reset(data):
    """Set a new password by the link in the mail; all sessions and tokens end"""
    recovery.reset(**data, device=device())


@own.route("/address-changes", methods=["POST"])
@own.needs("accounts.write")
@own.rare
@own.own_transactions
@own.arguments(AddressChange)
@own.response(202, description="A mail is on its way to the new address, and one to the old")
def request_address_change(data):
    """Ask for another address; it changes once it is confirmed there"""
    address.ask(**data, by=me())


@bp.route("/address-changes/confirmation", methods=["POST"])
@bp.public
@bp.rare
@bp.arguments(Link)
@bp.response(204)
@bp.alt_response(404, description="The link is unknown, was used before, or has expired")
@bp.alt_response(409, description="Somebody has taken the address since")
def confirm_address_change(data):
    """Confirm the new address by the link in the mail"""
    address.confirm(**data)


@bp.route("/address-changes/reversal", methods=["POST"])
@bp.public
@bp.rare
@bp.arguments(Link)
@bp.response(204)
@bp.alt_response(404, description="The link is unknown, was used before, or has expired")
def undo_address_change(data):
    """Take the old address back, within seven days; all sessions and tokens end and the password is void"""
    address.undo(**data)


@bp.route("/captcha", methods=["GET"])
@bp.public
@bp.response(200, CaptchaSchema)
def get_captcha():
    """What tells people from robots here"""
    return captcha.described()


@bp.route("/captcha/challenge", methods=["GET"])
@bp.public
@bp.response(200, ChallengeSchema)
@bp.alt_response(404, description="The captcha is not altcha")
def get_captcha_challenge():
    """A new challenge for proof of work (ALTCHA, version 2), as its widget asks for it

    Find a `counter` for which PBKDF2-SHA-256 of `nonce` and the counter (four bytes, big-endian) with `salt` and `cost`
    iterations begins with `keyPrefix`. Send base 64 of `{"challenge": …, "solution": {"counter": …, "derivedKey": …}}` as
    `captcha`. Each challenge can be answered once, within ten minutes.
    """
    chosen = captcha.chosen()
    if not isinstance(chosen, ProofOfWork):
        raise NotFound("This service sets no challenges of its own.")
    return Response(dumps(chosen.challenge()), mimetype="application/json", headers={"Cache-Control": "no-store"})
