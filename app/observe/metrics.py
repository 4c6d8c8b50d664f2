"""Prometheus metrics, added up across the processes of one machine.

Writing through prometheus_client's shared files costs as much as a small query, so requests are counted in
plain dictionaries and settled once a second.
"""

import os
import threading
import time
from bisect import bisect_left

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SETTLE = 1.0
"""Seconds between settlements."""

_requests = Histogram("http_request_seconds", "Time to answer a request", ["method", "route", "status"], buckets=BUCKETS)
events = Counter("z2h_events_total", "Things that happened, by name", ["name"])

_pending: dict[tuple[str, str, str], list[float]] = {}
_lock = threading.Lock()
_settled = time.monotonic()
_ended = threading.Event()


def observe(method: str, route: str, status: str, seconds: float) -> None:
    """Count a request; cheap."""
    key = (method, route, status)
    counts = _pending.get(key)
    if counts is None:
        counts = _pending.setdefault(key, [0.0] * (len(BUCKETS) + 2))
    counts[bisect_left(BUCKETS, seconds)] += 1
    counts[-1] += seconds
    if time.monotonic() - _settled > SETTLE:
        settle()


def settle() -> None:
    """Move what was counted into the shared metrics."""
    global _settled, _pending
    with _lock:
        _settled = time.monotonic()
        counted, _pending = _pending, {}
        for labels, counts in counted.items():
            child = _requests.labels(*labels)
            child._sum.inc(counts[-1])
            for index, count in enumerate(counts[:-1]):
                if count:
                    child._buckets[index].inc(count)


def start() -> None:
    """Settle every second from now on: a process that falls silent must not keep back what it counted last."""
    _ended.clear()
    threading.Thread(target=_keep_settling, name="metrics", daemon=True).start()


def stop() -> None:
    _ended.set()
    settle()


def _keep_settling() -> None:
    while not _ended.wait(SETTLE):
        settle()


def exposition() -> bytes:
    """The text format of every process's metrics together."""
    settle()
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def child_exit(pid: int) -> None:
    """gunicorn tells us that a worker process is gone."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        mark_process_dead(pid)  # type: ignore[no-untyped-call]
