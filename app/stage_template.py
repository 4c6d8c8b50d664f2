"""What `flask stages new NAME` writes: the smallest stage that does something, with its migration and a test."""

import keyword
import re
from collections.abc import Collection
from pathlib import Path

from app.config import BadSetting

ROOT = Path(__file__).parent.parent

MANIFEST = '''"""{Name}: say in a sentence what this stage is for."""

from app.stages import Stage
from blueprints.{name}.views import bp

stage = Stage(
    name="{name}",
    summary="Notes of {name}",
    blueprints=[bp],
    permissions={{"{name}.read": "See notes", "{name}.write": "Change notes"}},
    grants={{"user": ["{name}.read", "{name}.write"]}},
)
'''
MODELS = '''"""The tables of {name}."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Identified, Timed, Versioned


class Note(Identified, Timed, Versioned, Base):
    __tablename__ = "{name}_note"
    # Serves the list of a person's notes in its order, and the foreign key.
    __table_args__ = (sa.Index("ix_{name}_note_owner_id_id", "owner_id", "id"),)

    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(sa.String(500))
'''
SERVICE = '''"""What can be done with notes, whoever asks."""

from app.access import Actor
from app.db import Search, bind
from app.extensions import db
from blueprints.{name}.models import Note

NOTES = Search(
    columns=(Note.id, Note.text, Note.created_at),
    where=lambda: (Note.owner_id == bind("owner_id", Note.owner_id),),
    key=Note.id,
)


def listing(*, by: Actor):
    return NOTES.listing({{}}, sort="-", owner_id=by.user_id)


def create(text: str, *, by: Actor) -> Note:
    note = Note(owner_id=by.user_id, text=text)
    db.session.add(note)
    db.session.flush()
    return note
'''
VIEWS = '''"""Notes over HTTP."""

from app.access import me
from app.web import Blueprint, Id, PageQuery, Schema, Text, Timestamp
from blueprints.{name} import service

bp = Blueprint("{name}", __name__, url_prefix="/api/v1/{name}", description="Notes")


class NoteInput(Schema):
    text = Text(min=1, max=500, required=True)


class NoteSchema(Schema):
    id = Id(required=True)
    text = Text(max=500, required=True)
    created_at = Timestamp(required=True)


@bp.route("/notes", methods=["GET"])
@bp.needs("{name}.read")
@bp.arguments(PageQuery, location="query")
@bp.page(NoteSchema)
def list_{name}_notes(query):
    """My notes, the newest first"""
    return service.listing(by=me())


@bp.route("/notes", methods=["POST"])
@bp.needs("{name}.write")
@bp.arguments(NoteInput)
@bp.response(201, NoteSchema)
def create_{name}_note(data):
    """Write a note"""
    return service.create(data["text"], by=me())
'''
MIGRATION = '''"""First tables of {name}."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{name}_0001", None, ("{name}",), "core_0001"


def upgrade():
    op.create_table(
        "{name}_note",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("owner_id", sa.Uuid(), sa.ForeignKey("accounts_user.id", ondelete="CASCADE"), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.create_index("ix_{name}_note_owner_id_id", "{name}_note", ["owner_id", "id"])


def downgrade():
    op.drop_table("{name}_note")
'''
TEST = '''"""Notes of {name}."""

from tests.kit import json_of


def test_a_note_is_mine_alone(ada, grace):
    assert ada.post("{name}/notes", {{"text": "remember"}}).status_code == 201
    assert [note["text"] for note in json_of(ada.get("{name}/notes"))["items"]] == ["remember"]
    assert json_of(grace.get("{name}/notes"))["items"] == []
'''


def write(name: str, root: Path | None = None, taken: Collection[str] = ()) -> list[str]:
    """Write the files of a new stage; their paths. Raises BadSetting for a name that is taken or cannot be one."""
    root = root or ROOT
    if not re.fullmatch(r"[a-z][a-z0-9]{1,19}", name) or keyword.iskeyword(name):
        raise BadSetting("A stage's name is one short word in lower case, and no word of Python's.")
    if (root / "blueprints" / name).exists() or name == "core" or name in taken:
        raise BadSetting(f"There is a stage called {name} already.")
    files = {
        f"blueprints/{name}/__init__.py": MANIFEST,
        f"blueprints/{name}/models.py": MODELS,
        f"blueprints/{name}/service.py": SERVICE,
        f"blueprints/{name}/views.py": VIEWS,
        f"migrations/versions/{name}/0001_notes.py": MIGRATION,
        f"tests/blueprints/{name}/test_notes.py": TEST,
    }
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content.format(name=name, Name=name.capitalize()))
    return list(files)
