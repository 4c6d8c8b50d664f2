"""Rate limits for every request: counted here, leased from Redis.

A process takes a share of the limit from Redis in one round trip and spends it without asking. Over all
processes no more than the limit ever passes in a window; a process that falls silent can strand one lease
per key until the window ends. While Redis is away each process grants the limit by itself.

Fixed windows, see docs/decisions/0005-speed.md: flask-limiter's two or three round trips
a request more than doubled its cost. Rare routes (log-in) still use flask-limiter.
"""

import functools
import ipaddress
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request
from flask_limiter.errors import RateLimitExceeded

from app.access import Actor
from app.errors import TooManyRequests
from app.redis import Redis

PARTS = 20
"""A lease is this part of the limit."""
MOST_KEYS = 50_000
PAGES = 10
"""Times the limit, for what is no operation: a page brings a dozen files, and many people may share an address."""
FREE = frozenset({"health.livez", "health.readyz"})
"""A platform that is told to wait would take the process for dead."""
UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}

LEASE = """
local used = tonumber(redis.call('get', KEYS[1]) or '0')
local granted = math.max(0, math.min(tonumber(ARGV[1]), tonumber(ARGV[2]) - used))
if granted > 0 then redis.call('incrby', KEYS[1], granted) end
if redis.call('pttl', KEYS[1]) < 0 then redis.call('pexpire', KEYS[1], ARGV[3]) end
return {granted, redis.call('pttl', KEYS[1]), used + granted}
"""


def parse(rate: str) -> tuple[int, int]:
    """("600/minute") -> (600, 60): how many, in how many seconds."""
    count, _, unit = rate.partition("/")
    return int(count), UNITS[unit] if unit in UNITS else int(unit[:-1])


@dataclass(slots=True)
class Share:
    """What is left of one key's lease, until when, and how much the whole service had used."""

    left: int
    ends: float
    used: int
    spent: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    allowed: bool
    remaining: int
    reset: float


class LeaseLimiter:
    def __init__(self, redis: Redis, clock: Callable[[], float] = time.monotonic):
        self._redis, self._clock = redis, clock
        self._shares: dict[str, Share] = {}
        self._locks: dict[int, threading.Lock] = {n: threading.Lock() for n in range(64)}

    def hit(self, key: str, limit: int, window: int) -> Verdict:
        """Spend one. `remaining` counts the whole service as of the last lease; `reset` is in seconds."""
        now = self._clock()
        share = self._shares.get(key)
        if share is None or now >= share.ends or (share.left <= 0 and not share.spent):
            # One lease at a time for a key: a burst must not take the whole limit into this process.
            with self._locks[hash(key) % 64]:
                share = self._shares.get(key)
                if share is None or now >= share.ends or (share.left <= 0 and not share.spent):
                    share = self._lease(key, limit, window)
        if share.left > 0:
            share.left -= 1
            return Verdict(True, max(0, limit - share.used + share.left), share.ends - now)
        return Verdict(False, 0, max(0.0, share.ends - now))

    def _lease(self, key: str, limit: int, window: int) -> Share:
        want = max(1, limit // PARTS)
        answer = self._redis.attempt(lambda client: client.eval(LEASE, 1, f"z2h:limit:{window}:{key}", want, limit, window * 1000), None)
        granted, ttl, used = answer if answer is not None else (limit, window * 1000, limit)
        if len(self._shares) >= MOST_KEYS:
            self._shares.clear()
        share = self._shares[key] = Share(granted, self._clock() + max(1, ttl) / 1000, used, answer is None or granted == 0)
        return share


@dataclass(frozen=True)
class Limit:
    """So many requests in a window of so many seconds, as answers tell it (draft-ietf-httpapi-ratelimit-headers)."""

    name: str
    most: int
    window: int

    @functools.cached_property
    def policy(self) -> tuple[str, str]:
        return "RateLimit-Policy", f'"{self.name}";q={self.most};w={self.window}'

    def apply(self, verdict: Verdict, environ: dict[str, Any]) -> None:
        """Leave the headers for the answer, beside those of other limits; raises TooManyRequests."""
        left = ("RateLimit", f'"{self.name}";r={verdict.remaining};t={int(verdict.reset) + 1}')
        environ["z2h.seen"].setdefault("limits", []).extend((self.policy, left))
        if not verdict.allowed:
            wait = {"Retry-After": str(int(verdict.reset) + 1)}
            raise TooManyRequests(f"The limit is {rate_in_words(self.most, self.window)}.", headers=wait)


def init_app(app: Flask) -> None:
    rate = app.config["RATE_LIMIT"]
    if rate == "off":
        app.extensions["limit"] = lambda actor, environ: None
        return
    most, window = parse(rate)
    limiter = LeaseLimiter(app.extensions["redis"])
    operations, pages = Limit("default", most, window), Limit("pages", PAGES * most, window)

    def check(actor: Actor | None, environ: dict[str, Any]) -> None:
        """Raises TooManyRequests."""
        who = str(actor.user_id) if actor is not None else network(request.remote_addr)
        operations.apply(limiter.hit(who, most, window), environ)

    @app.before_request
    def check_what_is_no_operation() -> None:
        """Pages and their files, the document, and what does not exist, by address; operations call `check` themselves."""
        rule = request.url_rule
        if rule is None or not (rule.endpoint in FREE or hasattr(app.view_functions[rule.endpoint], "_operation")):
            pages.apply(limiter.hit(f"pages:{network(request.remote_addr)}", pages.most, window), request.environ)

    app.extensions["limit"] = check


def strictly(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler behind the limit for signing in, per address: flask-limiter's, one count for all of these routes."""
    from app.extensions import limiter

    limited = limiter.shared_limit(sign_in_rate, scope="sign-in", exempt_when=lambda: current_app.config["RATE_LIMIT_SIGN_IN"] == "off")(
        handler
    )

    @functools.wraps(handler)
    def handle(**path: Any) -> Any:
        try:
            return limited(**path)
        except RateLimitExceeded:
            limit = Limit("sign-in", *parse(current_app.config["RATE_LIMIT_SIGN_IN"]))
            limit.apply(Verdict(False, 0, until_reset(limiter, limit.window)), request.environ)

    return handle


def sign_in_rate() -> str:
    """In flask-limiter's language; one that it cannot read would mean no limit."""
    limit, window = parse(current_app.config["RATE_LIMIT_SIGN_IN"])
    return f"{limit} per {window} second"


def until_reset(limiter: Any, window: int) -> float:
    """Seconds; the whole window where Redis goes away between the count and this question."""
    try:
        return min(max(0.0, limiter.current_limit.reset_at - time.time() - 1), window)
    except Exception:
        return window


def only_where_asked(app: Flask, limiter: Any) -> None:
    """flask-limiter checks in its decorator already; its hooks around every request, 15 % of a cheap one, go.

    What they would release is the limiter's state in the request context, which ends with the request anyway.
    """
    for hooks in (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs):
        hooks[None] = [hook for hook in hooks.get(None, []) if not belongs_to(hook, limiter)]


def belongs_to(hook: Any, limiter: Any) -> bool:
    return getattr(hook, "__self__", None) is limiter or limiter in getattr(hook, "args", ())


def network(address: str | None) -> str:
    """An IPv4 address, also where a socket for both writes it as ::ffff:1.2.3.4, or the /64 of an IPv6 address: who has one has all."""
    try:
        parsed = ipaddress.ip_address(re.sub(r"%.*", "", address or ""))
    except ValueError:
        return "unknown"
    if parsed.version == 6 and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))


def rate_in_words(limit: int, window: int) -> str:
    unit = {seconds: name for name, seconds in UNITS.items()}.get(window, f"{window} seconds")
    return f"{limit} requests per {unit}"
