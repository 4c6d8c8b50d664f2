"""Who am I."""

from types import SimpleNamespace

from app.access import me
from app.accounts import service
from app.accounts.models import User
from app.accounts.schemas import MeSchema, MeUpdate
from app.web import Blueprint

bp = Blueprint("accounts", __name__, url_prefix="/api/v1/accounts", description="Your account")


@bp.route("/me", methods=["GET"])
@bp.needs("accounts.read")
@bp.response(200, MeSchema)
def get_me():
    """Who am I"""
    return shown(service.get(me().user_id))


@bp.route("/me", methods=["PATCH"])
@bp.needs("accounts.write")
@bp.if_match
@bp.arguments(MeUpdate)
@bp.response(200, MeSchema)
def update_me(changes):
    """Change my name"""
    return shown(service.rename(changes["name"], by=me()))


def shown(user: User) -> SimpleNamespace:
    """The account with what its owner may do with the token in use."""
    return SimpleNamespace(
        id=user.id,
        email=user.email,
        name=user.name,
        roles=user.roles,
        permissions=sorted(me().permissions),
        impersonated_by=service.get(me().impersonator_id) if me().impersonator_id else None,
        deletion_at=user.deletion_at,
        version=user.version,
        created_at=user.created_at,
        verified_at=user.verified_at,
    )
