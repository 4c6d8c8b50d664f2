"""Circuit breakers: a service that keeps failing is left alone for a while, by every process at once.

closed: requests pass; FAILURES in a row open it. open: none pass for PAUSE seconds. half open: one passes, and what
becomes of it closes or opens the breaker. (Nygard, *Release It!*, chapter 5.) The state is in Redis, and beside it in
each process, which goes by its own while Redis is away.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from flask import current_app

from app.http.errors import Away

FAILURES = 5
PAUSE = 30.0
"""Seconds for which an open breaker lets nothing pass."""
PROBE = 15.0
"""Seconds for which a half-open breaker waits for the one request that it let pass."""
REMEMBERED = 300
"""Seconds after which failures are forgotten."""
KEY = "breaker:"
LOCAL = 1000
"""Breakers that a process remembers by itself."""

NOW = "local t = redis.call('TIME'); local now = t[1] + t[2] / 1000000\n"
ENTER = (
    NOW
    + """
local b = redis.call('HMGET', KEYS[1], 'failures', 'until')
local failures, waits = tonumber(b[1] or '0'), tonumber(b[2] or '0')
if failures < tonumber(ARGV[1]) then return {1, failures} end
if now < waits then return {0, failures} end
redis.call('HSET', KEYS[1], 'until', tostring(now + ARGV[2]), 'probing', 1)
return {1, failures}
"""
)
FAILED = (
    NOW
    + """
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
if failures >= tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'until', tostring(now + ARGV[2]), 'probing', 0) end
redis.call('EXPIRE', KEYS[1], ARGV[3])
return failures
"""
)


@dataclass
class State:
    failures: int = 0
    until: float = 0.0
    probing: bool = False


_states: OrderedDict[str, State] = OrderedDict()
_lock = threading.Lock()


def enter(service: str) -> None:
    """Raises Away while the service is left alone."""
    answer = redis().attempt(lambda client: client.eval(ENTER, 1, KEY + service, FAILURES, PROBE), None)
    passes = bool(answer[0]) if answer is not None else _enter_here(service)
    if not passes:
        raise Away(f"{service.partition(':')[0]} has failed so often that it is left alone for a moment.")


def failed(service: str) -> None:
    with _lock:
        state = _states.setdefault(service, State())
        state.failures += 1
        if state.failures >= FAILURES:
            state.until, state.probing = time.monotonic() + PAUSE, False
        _states.move_to_end(service)
        while len(_states) > LOCAL:
            _states.popitem(last=False)
    redis().attempt(lambda client: client.eval(FAILED, 1, KEY + service, FAILURES, PAUSE, REMEMBERED), None)


def succeeded(service: str) -> None:
    with _lock:
        _states.pop(service, None)
    redis().attempt(lambda client: client.delete(KEY + service), None)


def _enter_here(service: str) -> bool:
    with _lock:
        state = _states.get(service)
        if state is None or state.failures < FAILURES:
            return True
        if time.monotonic() < state.until:
            return False
        state.until, state.probing = time.monotonic() + PROBE, True
        return True


def breakers() -> list[dict[str, Any]]:
    """`{service, state, failures}` of every service that has failed lately; state is `closed`, `open` or `half_open`."""
    shared = redis().attempt(_shared, None)
    if shared is None:
        now = time.monotonic()
        with _lock:
            shared = [(service, state.failures, state.until - now, state.probing) for service, state in _states.items()]
    return [{"service": service, "state": named(*state), "failures": state[0]} for service, *state in sorted(shared)]


def named(failures: int, left: float, probing: bool) -> str:
    if failures < FAILURES:
        return "closed"
    return "half_open" if probing or left <= 0 else "open"


def _shared(client: Any) -> list[tuple[str, int, float, bool]]:
    seconds, micros = client.time()
    found = []
    for key in client.scan_iter(match=f"{KEY}*", count=500):
        failures, until, probing = client.hmget(key, "failures", "until", "probing")
        left = float(until or 0) - seconds - micros / 1e6
        found.append((key.decode().removeprefix(KEY), int(failures or 0), left, probing == b"1"))
    return found


def redis():
    return current_app.extensions["redis"]
