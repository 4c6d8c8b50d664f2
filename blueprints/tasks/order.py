"""Fractional indexing: a place between any two others without moving them.

Positions are texts in base 62 that compare byte by byte; `between` is the midpoint of "Implementing Fractional
Indexing" (D. Greenspan, 2020). Positions never end in the lowest digit, or nothing would fit before them.
"""

import time

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
MIDDLE = DIGITS[31]
WIDTH = 9
"""Digits of a time in microseconds: enough until the year 2400."""


LONGEST = 300
"""Characters that the column holds."""


def at_the_end() -> str:
    """A position after every one that was made before: the clock in base 62, so that nothing needs to be read."""
    return written(time.time_ns() // 1000)


def first(position: str) -> str:
    """A position before all, of which `position` is the first; as short after a thousand such moves as after one."""
    return written(number(position) - 1) if number(position) > 1 else between("", position)


def last(position: str) -> str:
    """A position after all, of which `position` is the last, and before everything that is made later."""
    return max(at_the_end(), written(number(position) + 1)) if number(position) + 1 < 62**WIDTH else between(position, None)


def spread(count: int) -> list[str]:
    """`count` positions with room between them, before everything that is made later."""
    now = time.time_ns() // 1000
    return [written(now - (count - n) * 1_000) for n in range(count)]


def written(number: int) -> str:
    digits = []
    for _ in range(WIDTH):
        number, digit = divmod(number, 62)
        digits.append(DIGITS[digit])
    return "".join(reversed(digits)) + MIDDLE


def number(position: str) -> int:
    """The number that a position begins with."""
    found = 0
    for digit in position[:WIDTH].ljust(WIDTH, DIGITS[0]):
        found = found * 62 + DIGITS.index(digit)
    return found


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
