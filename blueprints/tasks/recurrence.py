"""Repeating tasks: RFC 5545 recurrence rules, counted on the wall clock of the task's own time zone.

The search for the next day is our own: dateutil's goes on to the year 9999 when a rule has no days (up to six
seconds), and cannot be told to stop.
"""

import calendar
import datetime as dt
import math
import zoneinfo
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

_day = r"((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|1[0-9]|2[0-8]))"
_weekday = r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)"
_part = (
    r"INTERVAL=[1-9][0-9]{0,2}|COUNT=[1-9][0-9]{0,2}"
    rf"|UNTIL=20[0-9]{{2}}{_day}T([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]Z"
    rf"|BYDAY={_weekday}(,{_weekday}){{0,6}}|BYMONTHDAY=-?([1-9]|[12][0-9]|3[01])|BYMONTH=([1-9]|1[0-2])|WKST=(MO|SU)"
)
PATTERN = rf"^FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;({_part})){{0,6}}$"
"""The rules we keep: whole days and longer, parts in any order."""

MEANING = (
    "An RFC 5545 recurrence rule, counted from `due_at` on the wall clock of `due_zone`. "
    "A day on which the clock skips that time (when summer time begins) is left out, as the RFC asks."
)

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
CYCLE = {"DAILY": 146_097, "WEEKLY": 20_871, "MONTHLY": 4_800, "YEARLY": 400}
"""The calendar repeats itself, weekdays included, every 400 years, which are so many days, weeks, months and years."""
LAST = dt.date(9998, 12, 31)
"""The year after is out of reach: in another time zone its end lies outside of the calendar."""


def following(rule: str, due_at: dt.datetime, zone: str | None) -> tuple[dt.datetime, str] | None:
    """The next time after `due_at`, and the rule that is left (COUNT is used up); None at the end of the rule."""
    parts = read(rule)
    count = int(parts.pop("COUNT")) - 1 if "COUNT" in parts else None
    if count == 0 or not 1 < due_at.year <= LAST.year:
        return None
    until = parts.pop("UNTIL", None)
    moment = next_moment(parts, due_at, zoneinfo.ZoneInfo(zone or "UTC"))
    if moment is None or (until is not None and moment > dt.datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)):
        return None
    left = {**parts, **({"COUNT": str(count)} if count is not None else {}), **({"UNTIL": until} if until else {})}
    return moment, write(left)


def read(rule: str) -> dict[str, str]:
    """The parts of a rule. Numbered weekdays (2MO) mean something in months and years only (section 3.3.10)."""
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    if "BYDAY" in parts and parts["FREQ"] in {"DAILY", "WEEKLY"}:
        parts["BYDAY"] = ",".join(day.lstrip("+-12345") for day in parts["BYDAY"].split(","))
    return parts


def write(parts: Mapping[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


def next_moment(parts: Mapping[str, str], due_at: dt.datetime, zone: dt.tzinfo) -> dt.datetime | None:
    """Every Monday at nine stays at nine when summer time begins. What would fall into the hour that is skipped then
    "MUST be ignored and MUST NOT be counted" (section 3.3.10): moved by an hour, it would stay there for ever."""
    start = due_at.astimezone(zone).replace(tzinfo=None, fold=0)
    for day in days_after(start.date(), parts):
        wall = dt.datetime.combine(day, start.time())
        moment = wall.replace(tzinfo=zone).astimezone(dt.UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == wall:
            return moment
    return None


@dataclass(frozen=True)
class Rule:
    """Which days are meant. 0 is any month or day; a weekday of 0 means each of them, of 2 the second, of -1 the last."""

    frequency: str
    interval: int
    week_start: int
    month: int
    monthday: int
    weekdays: Collection[tuple[int, int]]


def days_after(start: dt.date, parts: Mapping[str, str]) -> Iterator[dt.date]:
    """The later days of a rule that begins at `start`, in order."""
    rule = completed(parts, start)
    if abs(rule.monthday) > (calendar.monthrange(2000, rule.month)[1] if rule.month else 31):
        return
    for period in periods(rule, start):
        yield from (day for day in period if day > start and fits(day, rule))


def completed(parts: Mapping[str, str], start: dt.date) -> Rule:
    """What a rule leaves open, the day on which it begins says."""
    frequency, month, monthday = parts["FREQ"], int(parts.get("BYMONTH", 0)), int(parts.get("BYMONTHDAY", 0))
    weekdays = [(int(day[:-2] or 0), WEEKDAYS.index(day[-2:])) for day in parts["BYDAY"].split(",")] if "BYDAY" in parts else []
    if not monthday and not weekdays and frequency != "DAILY":
        if frequency == "WEEKLY":
            weekdays = [(0, start.weekday())]
        else:
            monthday, month = start.day, month or (start.month if frequency == "YEARLY" else 0)
    week_start = WEEKDAYS.index(parts.get("WKST", "MO"))
    return Rule(frequency, int(parts.get("INTERVAL", 1)), week_start, month, monthday, weekdays)


def periods(rule: Rule, start: dt.date) -> Iterator[Iterable[dt.date]]:
    """The days to look at in every INTERVAL-th day, week, month or year, beginning with the one of `start`."""
    today, end = start.toordinal(), LAST.toordinal()
    match rule.frequency:
        case "DAILY":
            return ((dt.date.fromordinal(day),) for day in steps(rule, today, end))
        case "WEEKLY":
            monday = today - (start.weekday() - rule.week_start) % 7
            return (map(dt.date.fromordinal, range(day, day + 7)) for day in steps(rule, monday, end, unit=7))
        case "MONTHLY":
            months = steps(rule, 12 * start.year + start.month - 1, 12 * LAST.year + 11)
            return (days_in_month(number // 12, number % 12 + 1, rule) for number in months)
        case _:
            years = steps(rule, start.year, LAST.year)
            return (chain.from_iterable(days_in_month(year, month, rule) for month in range(1, 13)) for year in years)


def steps(rule: Rule, first: int, last: int, *, unit: int = 1) -> range:
    """Every INTERVAL-th period up to `last`, or until all that follows would be the same again."""
    step, cycle = rule.interval * unit, CYCLE[rule.frequency]
    return range(first, min(first + cycle // math.gcd(rule.interval, cycle) * step, last) + 1, step)


def days_in_month(year: int, month: int, rule: Rule) -> Iterable[dt.date]:
    """Those that the rule's month and day of the month leave to be looked at."""
    if rule.month and rule.month != month:
        return ()
    length = calendar.monthrange(year, month)[1]
    wanted = rule.monthday + (length + 1 if rule.monthday < 0 else 0)
    return [dt.date(year, month, day) for day in ([wanted] if wanted else range(1, length + 1)) if 1 <= day <= length]


def fits(day: dt.date, rule: Rule) -> bool:
    return (
        (not rule.month or day.month == rule.month)
        and (not rule.monthday or rule.monthday in places(day))
        and (not rule.weekdays or any(is_weekday(day, number, weekday, rule) for number, weekday in rule.weekdays))
    )


def is_weekday(day: dt.date, number: int, weekday: int, rule: Rule) -> bool:
    """Whether it is a Monday, or the second Monday (-2: the last but one) of its month, or of its year if that is what is counted."""
    if day.weekday() != weekday or not number:
        return day.weekday() == weekday
    first, last = places(day, of_year=rule.frequency == "YEARLY" and not rule.month)
    return number in ((first + 6) // 7, -((6 - last) // 7))


def places(day: dt.date, *, of_year: bool = False) -> tuple[int, int]:
    """The number of a day in its month or year, and counted from the end: -1 is the last."""
    if of_year:
        return day.timetuple().tm_yday, day.timetuple().tm_yday - 366 - calendar.isleap(day.year)
    return day.day, day.day - 1 - calendar.monthrange(day.year, day.month)[1]
