"""Fractional indexing: a place between any two others without moving them.

Positions are texts in base 62 that compare byte by byte; `between` is the midpoint of "Implementing Fractional
Indexing" (D. Greenspan, 2020). Positions never end in the lowest digit, or nothing would fit before them.
"""

import time

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
MIDDLE = DIGITS[31]
WIDTH = 9
"""Digits of a time in microseconds: enough until the year 2400."""


def at_the_end() -> str:
    """A position after every one that was made before: the clock in base 62, so that nothing needs to be read."""
    number, digits = time.time_ns() // 1000, []
    for _ in range(WIDTH):
        number, digit = divmod(number, 62)
        digits.append(DIGITS[digit])
    return "".join(reversed(digits)) + MIDDLE


def between(before: str, after: str | None) -> str:
    """The shortest position after `before` ("" for the beginning) and before `after` (None for the end)."""
    if after is not None:
        shared = 0
        while shared < len(after) and (before[shared] if shared < len(before) else DIGITS[0]) == after[shared]:
            shared += 1
        if shared:
            return after[:shared] + between(before[shared:], after[shared:])
    low = DIGITS.index(before[0]) if before else 0
    high = DIGITS.index(after[0]) if after is not None else len(DIGITS)
    if high - low > 1:
        return DIGITS[(low + high) // 2]
    if after is not None and len(after) > 1:
        return after[0]
    return DIGITS[low] + between(before[1:], None)
