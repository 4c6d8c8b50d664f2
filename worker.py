"""A worker process: makes background calls. `python worker.py`

An RQ worker in this very process (calls are trusted code of ours), with the relay beside it that sweeps up
what Redis never told us and ticks the schedules. RQ's own tools see its queue as usual.
"""

import logging
import signal
import sys
import time

from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from app import create_app, services
from app.background import QUEUE
from app.redis import Away

log = logging.getLogger("worker")

PAUSE = 2.0
"""Seconds between tries to reach Redis; meanwhile the relay works on."""


def main() -> int:
    # A call holds its row locked for as long as it takes, idle or not: its transaction may not be ended under it.
    app = create_app({"LONG_CALLS": True})
    services.start(app, works=True)

    def stop(*_signal: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        with app.app_context():
            while not work(app):
                signal.signal(signal.SIGTERM, stop)
                time.sleep(PAUSE)
    except (SystemExit, KeyboardInterrupt):
        pass
    finally:
        services.stop(app)
    return 0


def work(app) -> bool:
    """Take calls from RQ's queue; True when told to stop, False when Redis went away."""
    try:
        connection = app.extensions["redis"].patient(500)
        connection.ping()
        queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
        worker = SimpleWorker([queue], connection=connection, serializer=JSONSerializer)
        worker.work(logging_level="WARNING", with_scheduler=False)
        return True
    except Away as error:
        log.warning("redis is away (%s); the sweep makes the calls meanwhile", type(error).__name__)
        return False


if __name__ == "__main__":
    sys.exit(main())
