"""Projects and members on the wire."""

from app.web import Boolean, Choice, Email, Id, Integer, PageQuery, Schema, Text, Timestamp
from app.web.fields import SAFE
from blueprints.tasks.models import ROLES


class ProjectSchema(Schema):
    id = Id(required=True)
    name = Text(max=200, required=True)
    notes = Text(max=20_000, required=True, metadata={"description": "Markdown"})
    role = Choice(*ROLES, required=True, metadata={"description": "Your role"})
    version = Integer(required=True)
    sequence = Integer(min=0, max=SAFE, required=True, metadata={"description": "Number of the newest change"})
    deleted_at = Timestamp(allow_none=True, required=True)
    created_at = Timestamp(required=True)
    updated_at = Timestamp(required=True)


class ProjectInput(Schema):
    name = Text(min=1, max=200, required=True)
    notes = Text(max=20_000, load_default="", metadata={"description": "Markdown"})


ProjectPatch = ProjectInput.patch("ProjectPatch")

PROJECT_SORTS = ("created_at", "-created_at", "updated_at", "-updated_at", "name", "-name")


class ProjectQuery(PageQuery):
    role = Choice(*ROLES)
    name = Text(max=200)
    created_before = Timestamp()
    created_after = Timestamp()
    updated_before = Timestamp()
    updated_after = Timestamp()
    deleted = Boolean()
    q = Text(max=200, metadata={"description": 'Words, "phrases" and -exclusions in name and notes'})
    sort = Choice(*PROJECT_SORTS, load_default="-created_at")


class MemberSchema(Schema):
    user_id = Id(required=True)
    name = Text(max=100, required=True)
    email = Text(max=254, required=True)
    role = Choice(*ROLES, required=True)
    created_at = Timestamp(required=True)


class Invitation(Schema):
    email = Email(required=True)
    role = Choice("editor", "viewer", required=True)


class Role(Schema):
    role = Choice("editor", "viewer", required=True)
