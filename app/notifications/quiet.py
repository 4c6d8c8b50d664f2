"""Quiet hours: from a time of day to another, in the person's own zone, past midnight too. The same time twice is all day: everything waits for it."""

import datetime as dt
from zoneinfo import ZoneInfo


def end(now: dt.datetime, zone: str, starts: dt.time, ends: dt.time) -> dt.datetime | None:
    """When the quiet hours that are now are over, in UTC; None while none are."""
    local = now.astimezone(ZoneInfo(zone))
    time = local.time()
    if starts < ends:
        quiet, days = starts <= time < ends, 0
    else:
        quiet, days = time >= starts or time < ends, 1 if time >= starts else 0
    if not quiet:
        return None
    over = dt.datetime.combine(local.date() + dt.timedelta(days=days), ends, tzinfo=local.tzinfo).astimezone(dt.UTC)
    return max(over, now)
