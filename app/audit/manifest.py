"""The audit log as a core stage: always on."""

from app.accounts import UserDeleted
from app.audit import service
from app.audit.purge import purge
from app.audit.views import bp
from app.config import Setting, whole
from app.stages import Stage


def forget(event: UserDeleted) -> None:
    """A person is gone: what was personal in their entries goes."""
    service.forget(event.user_id)


stage = Stage(
    name="audit",
    summary="Who did what",
    blueprints=[bp],
    permissions={"audit.read": "Read everybody's audit entries"},
    settings={"AUDIT_DAYS": Setting("AUDIT_DAYS", whole(1, 36_500), 400, "Days for which audit entries are kept.")},
    listens={"accounts.user_deleted": forget},
    background=[purge],
)
