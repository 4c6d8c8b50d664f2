"""A time zone as iCalendar tells it (RFC 5545, section 3.6.5): the moments at which its clock changed, or will.

Our own: icalendar's knows the years 1970 to 2038 only, and its summer time begins an hour late (DTSTART is the
local time *before* the change).
"""

import datetime as dt
import zoneinfo
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple

import icalendar

WEEK = dt.timedelta(days=7)


class Change(NamedTuple):
    """From one offset to another. ``local`` is when, on the clock before it is changed."""

    local: dt.datetime
    before: dt.timedelta
    after: dt.timedelta
    name: str
    is_summer: bool


def vtimezone(name: str, years: Collection[int]) -> icalendar.Timezone:
    """The zone `name` as it is in these years, which lie in 2 to 9998."""
    component = icalendar.Timezone()
    component.add("tzid", name)
    same: dict[tuple, list[dt.datetime]] = defaultdict(list)
    for change in changes(zoneinfo.ZoneInfo(name), sorted(set(years))):
        same[change[1:]].append(change.local)
    for (before, after, abbreviation, is_summer), (first, *others) in same.items():
        part = icalendar.TimezoneDaylight() if is_summer else icalendar.TimezoneStandard()
        part.add("dtstart", first)
        part.add("tzoffsetfrom", before)
        part.add("tzoffsetto", after)
        part.add("tzname", abbreviation)
        if others:
            part.add("rdate", others)
        component.add_component(part)
    return component


def changes(zone: dt.tzinfo, years: Collection[int]) -> Iterator[Change]:
    """What holds when a run of years begins, and every change in it."""
    for year in years:
        moment, end = dt.datetime(year, 1, 1, tzinfo=dt.UTC), dt.datetime(year + 1, 1, 1, tzinfo=dt.UTC)
        offset = offset_at(moment, zone)
        if year - 1 not in years:
            yield as_change(moment, offset, zone)
        while moment < end:
            moment, before = min(moment + WEEK, end), moment
            if (old := offset) != (offset := offset_at(moment, zone)):
                yield as_change(change_between(before, moment, zone), old, zone)


def offset_at(moment: dt.datetime, zone: dt.tzinfo) -> dt.timedelta:
    return moment.astimezone(zone).utcoffset() or dt.timedelta()


def change_between(before: dt.datetime, after: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """The first second of the new offset."""
    old = offset_at(before, zone)
    while after - before > dt.timedelta(seconds=1):
        middle = before + dt.timedelta(seconds=(after - before) // dt.timedelta(seconds=2))
        before, after = (middle, after) if offset_at(middle, zone) == old else (before, middle)
    return after


def as_change(moment: dt.datetime, before: dt.timedelta, zone: dt.tzinfo) -> Change:
    there = moment.astimezone(zone)
    local = (moment + before).replace(tzinfo=None)
    return Change(local, before, there.utcoffset() or dt.timedelta(), there.tzname() or "", bool(there.dst()))
