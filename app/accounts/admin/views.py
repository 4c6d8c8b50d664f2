"""Other people's accounts."""

from app.access import me
from app.accounts.admin import grants, impersonation, users
from app.accounts.admin.schemas import (
    Disablement,
    GrantSchema,
    GrantsQuery,
    ImpersonationSchema,
    ManagedUserPatch,
    ManagedUserSchema,
    UsersQuery,
)
from app.web import Blueprint
from app.web.query import filters

bp = Blueprint("people", __name__, url_prefix="/api/v1/accounts", description="Everybody's accounts: find, change, disable, grant")


@bp.route("/users", methods=["GET"])
@bp.needs("accounts.read_all")
@bp.arguments(UsersQuery, location="query")
@bp.page(ManagedUserSchema)
def list_users(query):
    """People, the newest first"""
    return users.search(filters(query))


@bp.route("/users/<uuid:user_id>", methods=["GET"])
@bp.needs("accounts.read_all")
@bp.response(200, ManagedUserSchema)
def get_user(user_id):
    """Somebody's account"""
    return users.get(user_id)


@bp.route("/users/<uuid:user_id>", methods=["PATCH"])
@bp.needs("accounts.manage")
@bp.if_match
@bp.arguments(ManagedUserPatch)
@bp.response(200, ManagedUserSchema)
@bp.alt_response(409, description="They are the last administrator")
def update_user(changes, user_id):
    """Change somebody's name or roles"""
    return users.edit(user_id, changes, by=me())


@bp.route("/users/<uuid:user_id>/disablement", methods=["POST"])
@bp.needs("accounts.manage")
@bp.arguments(Disablement)
@bp.response(200, ManagedUserSchema)
@bp.alt_response(409, description="The account is disabled already, or of the last administrator")
def disable_user(data, user_id):
    """Keep somebody out: their sessions end, their tokens stop working"""
    return users.disable(user_id, data["reason"], by=me())


@bp.route("/users/<uuid:user_id>/disablement", methods=["DELETE"])
@bp.needs("accounts.manage")
@bp.response(200, ManagedUserSchema)
@bp.alt_response(409, description="The account is not disabled")
def enable_user(user_id):
    """Let somebody in again"""
    return users.enable(user_id, by=me())


@bp.route("/users/<uuid:user_id>/sign-out", methods=["POST"])
@bp.needs("accounts.manage")
@bp.response(204)
def sign_out_user(user_id):
    """Sign somebody out everywhere; their personal access tokens stay"""
    users.sign_out(user_id, by=me())


@bp.route("/users/<uuid:user_id>/password-reset", methods=["POST"])
@bp.needs("accounts.manage")
@bp.response(202)
@bp.alt_response(409, description="The account is disabled, or about to be deleted")
def reset_user_password(user_id):
    """Mail somebody a link with which they set a new password themselves"""
    users.mail_reset(user_id, by=me())


@bp.route("/users/<uuid:user_id>/impersonation", methods=["POST"])
@bp.needs("accounts.impersonate")
@bp.secret
@bp.response(201, ImpersonationSchema)
@bp.alt_response(409, description="They are an administrator, disabled, or about to be deleted")
def impersonate_user(user_id):
    """Act in somebody's place

    An access token of theirs for fifteen minutes, which cannot be refreshed, and which leaves their account alone.
    Only for administrators who have authenticated in the last minutes.
    """
    return impersonation.start(user_id, by=me())


@bp.route("/users/<uuid:user_id>/impersonation", methods=["DELETE"])
@bp.needs("accounts.impersonate")
@bp.response(204)
def stop_impersonating_user(user_id):
    """Stop acting in somebody's place"""
    impersonation.end(user_id, me().user_id)


@bp.route("/me/impersonation", methods=["DELETE"])
@bp.needs("accounts.read")
@bp.response(204)
@bp.alt_response(404, description="Nobody acts in your place with this token")
def stop_impersonation():
    """End the impersonation that this token belongs to"""
    impersonation.end(me().user_id, me().impersonator_id)


@bp.route("/grants", methods=["GET"])
@bp.needs("accounts.read_all")
@bp.arguments(GrantsQuery, location="query")
@bp.page(GrantSchema)
def list_grants(query):
    """Permissions granted beyond what the stages give to roles, the newest first"""
    return grants.search(filters(query))


@bp.route("/users/<uuid:user_id>/grants/<permission>", methods=["PUT"])
@bp.needs("accounts.manage")
@bp.response(200, GrantSchema)
def grant_user_permission(user_id, permission):
    """Grant somebody a permission; one that you have yourself"""
    return grants.grant(permission, to={"user_id": user_id}, by=me())


@bp.route("/users/<uuid:user_id>/grants/<permission>", methods=["DELETE"])
@bp.needs("accounts.manage")
@bp.response(204)
def revoke_user_permission(user_id, permission):
    """Take a granted permission from somebody"""
    grants.revoke(permission, to={"user_id": user_id}, by=me())


@bp.route("/roles/<any(user,staff,admin):role>/grants/<permission>", methods=["PUT"])
@bp.needs("accounts.manage")
@bp.response(200, GrantSchema)
def grant_role_permission(role, permission):
    """Grant a permission to everybody who has a role; one that you have yourself"""
    return grants.grant(permission, to={"role": role}, by=me())


@bp.route("/roles/<any(user,staff,admin):role>/grants/<permission>", methods=["DELETE"])
@bp.needs("accounts.manage")
@bp.response(204)
def revoke_role_permission(role, permission):
    """Take a granted permission from a role"""
    grants.revoke(permission, to={"role": role}, by=me())
