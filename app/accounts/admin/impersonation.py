"""An administrator looks through somebody's eyes for a quarter of an hour."""

import uuid

from app import audit, auth
from app.access import Actor
from app.accounts.admin import policy, users
from app.errors import Conflict, Forbidden, NotFound


class CannotBeImpersonated(Conflict):
    title = "Nobody can act in the place of this person."


class NotImpersonating(NotFound):
    title = "You are not acting in this person's place."


def start(user_id: uuid.UUID, *, by: Actor) -> auth.Tokens:
    """Raises OnlyAdmins, Forbidden for a token, ReauthenticationRequired, CannotBeImpersonated."""
    if not policy.is_admin(by):
        raise policy.OnlyAdmins()
    if by.session_id is None:
        raise Forbidden("A token cannot act in somebody's place: sign in for that.")
    auth.require_recent(by)
    user = users.taken(user_id, by=by)
    if "admin" in user.roles or user.disabled_at is not None or user.deletion_at is not None:
        raise CannotBeImpersonated("Administrators, and those who are disabled or leaving, cannot be impersonated.")
    tokens = auth.impersonate(user, by=by)
    audit.record("accounts.impersonation_started", account_id=user.id)
    return tokens


def end(user_id: uuid.UUID | None, impersonator_id: uuid.UUID | None) -> None:
    """Raises NotImpersonating when nothing was going on."""
    if impersonator_id is None or not auth.end_impersonation(user_id, impersonator_id):
        raise NotImpersonating()
    audit.record("accounts.impersonation_ended", account_id=user_id, by=impersonator_id)
