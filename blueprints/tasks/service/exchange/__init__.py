"""Tasks for other programs: spreadsheets (there and back) and calendars."""

from blueprints.tasks.service.exchange.ical import to_ical
from blueprints.tasks.service.exchange.sheet import from_csv, to_csv

__all__ = ["from_csv", "to_csv", "to_ical"]
