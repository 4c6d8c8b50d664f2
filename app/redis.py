"""Redis as this house uses it: fast when it is there, and never waited for when it is not.

PostgreSQL is the only memory; everything here may be lost at any moment.
"""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)
T = TypeVar("T")

TIMEOUT = 0.2
"""Seconds that a command may take before Redis counts as away."""
PAUSE = 2.0
"""Seconds for which nobody asks again after Redis was found away."""

ONCE = Retry(NoBackoff(), 0)
"""redis-py tries four times by itself, which would multiply the time-out."""

Away = (redis.RedisError, OSError)
"""What a command raises when Redis is stopped, frozen, unreachable or refuses us."""


class Redis:
    """Two clients on one address: ``client`` for commands on the request path, ``patient`` for blocking reads."""

    def __init__(self):
        self._url = ""
        self._away_until = 0.0
        self.client: redis.Redis = None  # type: ignore[assignment]

    def init_app(self, app) -> None:
        self._url = app.config["REDIS_URL"]
        self.client = redis.Redis.from_url(
            self._url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=ONCE, health_check_interval=0
        )
        app.extensions["redis"] = self

    def patient(self, timeout: float) -> redis.Redis:
        """A client of its own whose reads may take ``timeout`` seconds: for subscriptions and workers."""
        return redis.Redis.from_url(self._url, socket_timeout=timeout, socket_connect_timeout=TIMEOUT, retry=ONCE)

    def attempt(self, command: Callable[[redis.Redis], T], otherwise: T) -> T:
        """``command(client)``, or ``otherwise`` at once while Redis is away.

        Only the first caller after Redis went away pays the time-out; the others are told for PAUSE seconds.
        """
        if time.monotonic() < self._away_until:
            return otherwise
        try:
            return command(self.client)
        except Away as error:
            self._away_until = time.monotonic() + PAUSE
            log.warning("redis is away: %s", type(error).__name__)
            return otherwise
