"""Repeating tasks: RFC 5545 recurrence rules, counted in the task's own time zone."""

import datetime as dt
import zoneinfo

from dateutil.rrule import rrulestr

_day = r"((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|1[0-9]|2[0-8]))"
_weekday = r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)"
_part = (
    r"INTERVAL=[1-9][0-9]{0,2}|COUNT=[1-9][0-9]{0,2}"
    rf"|UNTIL=20[0-9]{{2}}{_day}T([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]Z"
    rf"|BYDAY={_weekday}(,{_weekday}){{0,6}}|BYMONTHDAY=-?([1-9]|[12][0-9]|3[01])|BYMONTH=([1-9]|1[0-2])|WKST=(MO|SU)"
)
PATTERN = rf"^FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;({_part})){{0,6}}$"
"""The rules we keep: whole days and longer, parts in any order."""

HORIZON = dt.timedelta(days=366 * 12)
"""A rule whose next time lies further away has none: the search must end."""


def following(rule: str, due_at: dt.datetime, zone: str | None) -> tuple[dt.datetime, str] | None:
    """The next time after `due_at`, and the rule that is left (COUNT is used up); None at the end of the rule."""
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    count = int(parts.pop("COUNT")) - 1 if "COUNT" in parts else None
    if count == 0:
        return None
    until = parts.pop("UNTIL", None)
    here = zoneinfo.ZoneInfo(zone or "UTC")
    # Counted on the wall clock: every Monday at nine stays at nine when summer time begins.
    start = due_at.astimezone(here).replace(tzinfo=None)
    if start.year > 9000:
        return None
    if not valid_weekdays(parts):
        parts["BYDAY"] = ",".join(day.lstrip("+-12345") for day in parts["BYDAY"].split(","))
    rules = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=start).replace(until=start + HORIZON)
    found = rules.after(start)
    if found is None:
        return None
    moment = found.replace(tzinfo=here).astimezone(dt.UTC)
    if until is not None and moment > dt.datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC):
        return None
    left = {**parts, **({"COUNT": str(count)} if count is not None else {}), **({"UNTIL": until} if until else {})}
    return moment, ";".join(f"{name}={value}" for name, value in left.items())


def valid_weekdays(parts: dict[str, str]) -> bool:
    """Numbered weekdays (2MO) mean something in months and years only (RFC 5545, section 3.3.10)."""
    return parts["FREQ"] in {"MONTHLY", "YEARLY"} or not any(c in "12345" for c in parts.get("BYDAY", ""))
