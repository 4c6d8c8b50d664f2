"""Live delivery: Socket.IO, rooms, resumable streams."""

from app.realtime.streams import Stream

__all__ = ["Stream", "kick", "ring"]


def ring(stream: str, key) -> None:
    """Once the open unit of work has committed, tell the subscribers of this stream that there is something new."""
    from flask import current_app

    from app.db import after_commit

    realtime = current_app.extensions["realtime"]
    after_commit(lambda: realtime.ring(stream, key))


def kick(stream: str, key, user_id, reason: str) -> None:
    """Once the open unit of work has committed, have somebody's sockets leave the stream."""
    from flask import current_app

    from app.db import after_commit

    realtime = current_app.extensions["realtime"]
    after_commit(lambda: realtime.kick(stream, key, user_id, reason))
