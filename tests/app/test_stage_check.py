"""`flask stages check`: a stage that breaks every promise is told about each of them."""

from pathlib import Path

import pytest

from app.stage_check import undeclared_events
from app.stages import Stage, Stages
from tests import kit
from tests.processes import OUTSIDE, ROOT, environment, flask

BROKEN = '''
import uuid
from dataclasses import dataclass
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.background import background
from app.db import Base
from app.events import Event
from app.realtime import Stream
from app.stages import Stage
from app.web import Blueprint


class Own(Base):
    __tablename__ = "broken_own"
    id: Mapped[int] = mapped_column(primary_key=True)


class Special(Own):
    """In the table of another model: nothing to complain of."""


class Stolen(Base):
    __tablename__ = "tasks_stolen"
    id: Mapped[int] = mapped_column(primary_key=True)


class Core(Base):
    __tablename__ = "core_broken"
    id: Mapped[int] = mapped_column(primary_key=True)


sa.Table("stray", Base.metadata, sa.Column("id", sa.Integer(), primary_key=True))
sa.Table("broken_pairs", Base.metadata, sa.Column("id", sa.Integer(), primary_key=True))


@dataclass(frozen=True, slots=True)
class Happened(Event):
    """Something happened."""

    name: ClassVar[str] = "brokn.happened"


@background("broken.tidy", needs="broken.tidy")
def tidy(): ...


@background("elsewhere.tidy")
def elsewhere(): ...


def ignore(event): ...


bp = Blueprint("broken", __name__, url_prefix="/api/v1/broken", description="Broken")


@bp.route("/things", methods=["GET"])
@bp.needs("broken.raed")
@bp.response(204)
def list_things(): ...


stage = Stage(
    name="broken",
    summary="Breaks every promise",
    blueprints=[bp],
    permissions={"broken.read": "See", "read": "See"},
    grants={"user": ["broken.see"]},
    emits=[Happened],
    listens={"tasks.task_exploded": ignore, "taks.task_created": ignore, "tasks.task_created": ignore},
    streams=[
        Stream("broken.things", "broken.watch", head=lambda key, actor: 0, since=lambda key, after, limit: []),
        Stream("things", "broken.read", head=lambda key, actor: 0, since=lambda key, after, limit: []),
    ],
    background=[tidy, elsewhere],
)
'''

SENTENCES = [
    "Stage broken listens for tasks.task_exploded, which stage tasks does not emit.",
    "Stage broken listens for taks.task_created, but no stage called taks is installed.",
    "Table tasks_stolen of acme_broken.manifest must begin with broken_.",
    "Table core_broken of acme_broken.manifest must begin with broken_.",
    "Table stray has no stage's prefix.",
    "Route broken.list_things needs broken.raed, which nobody declares.",
    "Stage broken grants broken.see, which it does not declare.",
    "Stream broken.things needs broken.watch, which nobody declares.",
    "Function broken.tidy needs broken.tidy, which nobody declares.",
    "Stage broken declares read, which must begin with broken.",
    "Stage broken declares brokn.happened, which must begin with broken.",
    "Stage broken declares elsewhere.tidy, which must begin with broken.",
    "Stage broken declares things, which must begin with broken.",
]


def install(folder: Path, package: str, entry: str, **files: str) -> None:
    """A distribution, as pip would leave it, with a stage in `package`."""
    described = folder / f"{package}-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(f"[zero2hero.stages]\n{entry}\n")
    for name, text in {"__init__": "", **files}.items():
        path = folder / package / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture(scope="module")
def checked(tmp_path_factory, database):
    folder = tmp_path_factory.mktemp("site-packages")
    install(folder, "acme_broken", "broken = acme_broken.manifest:stage", manifest=BROKEN)
    return flask("stages check", environment(database, kit.redis_url(), PYTHONPATH=f"{folder}:{OUTSIDE}:{ROOT}"))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_broken_promise_is_found(checked, sentence):
    assert sentence in checked.stderr.splitlines()


def test_nothing_else_is_found_and_the_check_fails(checked):
    assert sorted(checked.stderr.splitlines()) == sorted(SENTENCES)
    assert checked.returncode == 1


def test_an_event_of_a_stage_that_is_off_may_be_listened_for():
    stages = Stages(memo=Stage(name="memo", summary="Memos", listens={"tasks.task_created": print, "loyalty.point_given": print}))
    assert undeclared_events(stages, installed={"memo", "tasks", "loyalty"}) == []
    assert undeclared_events(stages, installed={"memo", "tasks"}) == [
        "Stage memo listens for loyalty.point_given, but no stage called loyalty is installed."
    ]
