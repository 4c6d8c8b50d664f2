"""Second factors over HTTP: signing in with them, and those of the person who asks."""

from app.access import me
from app.auth.device import device
from app.auth.factors import authenticator, log_in, overview, passkeys, recovery, step_up
from app.auth.factors.proofs import Proof
from app.auth.factors.schemas import (
    EnrolmentSchema,
    FirstCode,
    NewPasskey,
    Options,
    PasskeyLogIn,
    PasskeySchema,
    PasskeyUpdate,
    ReauthenticatedSchema,
    Reauthentication,
    RecoveryCodesSchema,
    SecondFactorsSchema,
    SecondStep,
)
from app.auth.schemas import SignedInSchema
from app.web import Blueprint, PageQuery

bp = Blueprint("factors", __name__, url_prefix="/api/v1/auth", description="Signing in with a second factor or a passkey")
own = Blueprint(
    "own_factors", __name__, url_prefix="/api/v1/accounts/me", description="Your authenticator app, recovery codes and passkeys"
)


@bp.route("/sessions/second-factor", methods=["POST"])
@bp.public
@bp.rare
@bp.own_transactions
@bp.arguments(SecondStep)
@bp.response(201, SignedInSchema)
@bp.alt_response(403, description="The address must be confirmed first")
def finish_log_in(data):
    """Finish a log-in with a code or a passkey

    The token is that of the answer 202 to `POST /api/v1/auth/sessions`. It takes five attempts within five minutes.
    """
    return log_in.finish(data["token"], Proof(data.get("code"), data.get("passkey")), device=device())


@bp.route("/passkey-challenges", methods=["POST"])
@bp.public
@bp.rare
@bp.response(201, Options)
def create_passkey_challenge():
    """Begin a log-in with a passkey alone"""
    return {"options": log_in.challenge()}


@bp.route("/sessions/passkey", methods=["POST"])
@bp.public
@bp.rare
@bp.own_transactions
@bp.arguments(PasskeyLogIn)
@bp.response(201, SignedInSchema)
@bp.alt_response(403, description="The address must be confirmed first")
def log_in_with_passkey(data):
    """Sign in with a passkey alone"""
    return log_in.with_passkey(data["passkey"], device=device())


@bp.route("/reauthentication-challenges", methods=["POST"])
@bp.needs("accounts.write")
@bp.secret
@bp.response(201, Options)
def create_reauthentication_challenge():
    """Begin to prove with a passkey that it is still me"""
    return {"options": step_up.challenge(by=me())}


@bp.route("/reauthentications", methods=["POST"])
@bp.needs("accounts.write")
@bp.rare
@bp.own_transactions
@bp.arguments(Reauthentication)
@bp.response(201, ReauthenticatedSchema)
def reauthenticate(data):
    """Prove that it is still me, by password, code or passkey

    For ten minutes this session may then do what asks for it (`reauthentication_required`). All that is sent must be right.
    """
    return step_up.reauthenticate(data.get("password"), Proof(data.get("code"), data.get("passkey")), by=me())


@own.route("/second-factors", methods=["GET"])
@own.needs("accounts.read")
@own.response(200, SecondFactorsSchema)
def get_second_factors():
    """Which second factors I have"""
    return overview.of(by=me())


@own.route("/totp", methods=["POST"])
@own.needs("accounts.write")
@own.secret
@own.response(201, EnrolmentSchema)
def enrol_totp():
    """Begin to use an authenticator app; it counts once it is confirmed"""
    return authenticator.enrol(by=me())


@own.route("/totp/confirmation", methods=["POST"])
@own.needs("accounts.write")
@own.rare
@own.secret
@own.arguments(FirstCode)
@own.response(201, RecoveryCodesSchema)
@own.alt_response(409, description="Nothing waits for its first code")
def confirm_totp(data):
    """Confirm the authenticator app by a code; the first time, recovery codes come with it"""
    return authenticator.confirm(data["code"], by=me())


@own.route("/totp", methods=["DELETE"])
@own.needs("accounts.write")
@own.response(204)
@own.alt_response(404, description="There is none")
def disable_totp():
    """Stop using the authenticator app"""
    authenticator.disable(by=me())


@own.route("/recovery-codes", methods=["POST"])
@own.needs("accounts.write")
@own.secret
@own.response(201, RecoveryCodesSchema)
def renew_recovery_codes():
    """New recovery codes; the old ones are void"""
    return {"recovery_codes": recovery.renew(by=me())}


@own.route("/passkeys", methods=["GET"])
@own.needs("accounts.read")
@own.arguments(PageQuery, location="query")
@own.page(PasskeySchema)
def list_passkeys(query):
    """My passkeys, the newest first"""
    return passkeys.listing(by=me())


@own.route("/passkey-challenges", methods=["POST"])
@own.needs("accounts.write")
@own.secret
@own.response(201, Options)
def begin_passkey():
    """Begin to add a passkey"""
    return {"options": passkeys.begin(by=me())}


@own.route("/passkeys", methods=["POST"])
@own.needs("accounts.write")
@own.own_transactions
@own.arguments(NewPasskey)
@own.response(201, PasskeySchema, location="/api/v1/accounts/me/passkeys/{0.id}")
def add_passkey(data):
    """Add the passkey that the authenticator has made"""
    return passkeys.add(data["name"], data["credential"], by=me())


@own.route("/passkeys/<uuid:passkey_id>", methods=["PATCH"])
@own.needs("accounts.write")
@own.if_match
@own.arguments(PasskeyUpdate)
@own.response(200, PasskeySchema)
def update_passkey(changes, passkey_id):
    """Rename a passkey"""
    return passkeys.rename(passkey_id, changes["name"], by=me())


@own.route("/passkeys/<uuid:passkey_id>", methods=["DELETE"])
@own.needs("accounts.write")
@own.response(204)
def remove_passkey(passkey_id):
    """Remove a passkey; the last way in stays"""
    passkeys.remove(passkey_id, by=me())
