"""Argon2id (RFC 9106) at the OWASP minimum, away from the event loop, a few at a time.

Hashing takes about 20 ms of one core. Done in the loop, a flood of log-ins would stop every other request;
done without a cap, it would take every core and 19 MiB each.
"""

import os
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

import argon2
from flask import Flask, current_app

from app.errors import Unavailable

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds that a log-in waits for its turn."""
NICE = 10
QUEUE = {True: 64, False: 24}
"""How many may wait: a flood of strangers leaves places for people who come from where they have signed in before."""


class Hasher:
    def __init__(self, settings):
        self._argon2 = argon2.PasswordHasher(
            time_cost=settings["ARGON2_TIME"], memory_cost=settings["ARGON2_MEMORY"], parallelism=settings["ARGON2_PARALLEL"]
        )
        self._turns = threading.BoundedSemaphore(settings["PASSWORD_HASHES_AT_ONCE"])
        self._waiting = 0
        # Verified for unknown people, so that the answer takes as long as for known ones.
        self._nobody = self._argon2.hash("nobody's password")

    def hash(self, password: str) -> str:
        return self._apart(lambda: self._argon2.hash(password))

    def verify(self, stored: str | None, password: str, *, known: bool = True) -> bool:
        """Whether the password is the stored one; takes as long when there is none. ``known``: not from a stranger."""

        def check() -> bool:
            try:
                return self._argon2.verify(stored or self._nobody, password)
            except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
                return False

        return self._apart(check, known) and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether the settings have changed since this was hashed."""
        return self._argon2.check_needs_rehash(stored)

    def _apart(self, work: Callable[[], T], known: bool = True) -> T:
        if not self._turns.acquire(blocking=False):
            self._wait(known)
        try:
            return in_real_thread(work)
        finally:
            self._turns.release()

    def _wait(self, known: bool) -> None:
        if self._waiting >= QUEUE[known]:
            raise busy()
        self._waiting += 1
        try:
            if not self._turns.acquire(timeout=PATIENCE):
                raise busy()
        finally:
            self._waiting -= 1


def busy() -> Unavailable:
    return Unavailable("Too many people are signing in at this moment.", headers={"Retry-After": "2"})


def in_real_thread(work: Callable[[], T]) -> T:
    """Under gevent, run in the hub's pool of native threads; elsewhere, here (argon2 lets go of the GIL)."""
    try:
        from gevent import get_hub
        from gevent.monkey import is_module_patched
    except ImportError:
        return work()
    return get_hub().threadpool.apply(lambda: behind_others(work)) if is_module_patched("threading") else work()


def behind_others(work: Callable[[], T]) -> T:
    """Linux gives each thread a niceness of its own: hashing takes the time that answering requests leaves."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    return work()


def init_app(app: Flask) -> None:
    app.extensions["passwords"] = Hasher(app.config)


def hasher() -> Hasher:
    return current_app.extensions["passwords"]
