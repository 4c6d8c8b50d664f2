"""A stage of somebody else's: points for tasks. A package of its own, found by its entry point."""

import logging
import os
import signal
import time
import uuid
from pathlib import Path

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Mapped, mapped_column

from app.access import me
from app.background import background
from app.console import Page
from app.db import Base
from app.extensions import db
from app.realtime.websocket import Upgrade
from app.stages import Stage
from app.web import Blueprint, Integer, Schema


class Points(Base):
    __tablename__ = "loyalty_points"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("accounts_user.id", ondelete="CASCADE"), index=True)
    task_id: Mapped[uuid.UUID]


class PointsSchema(Schema):
    points = Integer(required=True)


bp = Blueprint("loyalty", __name__, url_prefix="/api/v1/loyalty", description="Points")


@bp.route("/points", methods=["GET"])
@bp.needs("loyalty.read")
@bp.response(200, PointsSchema)
def get_points():
    """My points"""
    mine = sa.select(sa.func.count()).select_from(Points).where(Points.user_id == me().user_id)
    return {"points": db.session.scalar(mine)}


@bp.route("/slow", methods=["GET"])
@bp.needs("loyalty.read")
@bp.response(200, PointsSchema)
def get_slowly():
    """Two seconds"""
    time.sleep(2)
    return {"points": 0}


@bp.route("/socket", methods=["GET"])
@bp.public
@bp.response(426, description="This is for WebSockets")
def open_socket():
    """A WebSocket: sends messages back, or `send N`: one of N bytes, `flood`: more than anybody reads, `bye`: the end"""
    return Upgrade(converse, limit=1_000_000)


def converse(websocket):
    while (message := websocket.receive()) is not None:
        if message == "bye":
            return
        if isinstance(message, str) and message.startswith("send "):
            websocket.send(b"x" * int(message[5:]))
        elif message == "flood":
            for _ in range(100):
                websocket.send(b"y" * 1_000_000)
                time.sleep(0.001)
        else:
            websocket.send(message)


def reward(event):
    time.sleep(current_app.config["LOYALTY_DELAY_MS"] / 1000)
    db.session.add(Points(user_id=event.by, task_id=event.task_id))
    db.session.flush()


@background("loyalty.kill", attempts=1)
def kill():
    """The end of the process that calls this"""
    idle = db.session.scalar(sa.text("show idle_in_transaction_session_timeout"))
    logging.getLogger(__name__).warning("idle_in_transaction_session_timeout is %s", idle)
    os.kill(os.getpid(), signal.SIGKILL)


stage = Stage(
    name="loyalty",
    summary="Points for tasks",
    blueprints=[bp],
    permissions={"loyalty.read": "See points"},
    grants={"user": ["loyalty.read"]},
    settings={"LOYALTY_DELAY_MS": 0},
    listens={"tasks.task_created": reward},
    background=[kill],
    console=Page(title="Loyalty", path="loyalty", module="loyalty.js", static=Path(__file__).parent / "console"),
)
