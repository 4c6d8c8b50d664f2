"""Time-ordered identifiers: UUIDv7 (RFC 9562, section 5.7)."""

import os
import threading
import time
import uuid

_lock = threading.Lock()
_last_ms = 0
_counter = 0


def new_id() -> uuid.UUID:
    """A UUIDv7 that is greater than every one this process made before.

    48 bits of milliseconds, then a 12-bit counter that is seeded at random each millisecond
    (RFC 9562, section 6.2, method 1), then 62 random bits.
    """
    global _last_ms, _counter
    random = int.from_bytes(os.urandom(10), "big")
    with _lock:
        now = time.time_ns() // 1_000_000
        if now > _last_ms:
            _last_ms, _counter = now, (random >> 64) & 0x7FF
        else:
            _counter += 1
            if _counter > 0xFFF:
                # The counter is full: borrow from the next millisecond rather than going back.
                _last_ms, _counter = _last_ms + 1, 0
        ms, counter = _last_ms, _counter
    return uuid.UUID(int=ms << 80 | 7 << 76 | counter << 64 | 2 << 62 | random & (1 << 62) - 1)
