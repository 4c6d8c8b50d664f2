"""Kinds of notifications: declared in manifests, written by templates, wanted or not by each person."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jinja2

CHANNELS = ("app", "push", "mail", "sms", "webhook")
"""Ways to be told. `app` is the list in the app itself."""
LOUD = frozenset({"push", "mail", "sms"})
"""These wait for the end of quiet hours."""
ONCE = frozenset({"mail", "sms"})
"""These tell of a group once, until it has been read."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Something that can happen to somebody.

    ``title`` and ``body`` are Jinja templates of the data and of ``count``, how often it happened unread.
    ``channels`` are on from the start; each person may choose others. ``urgent`` does not wait for quiet hours to end.
    ``translations`` has titles and bodies of other languages: `{"de": ("Neue Aufgabe: {{ title }}", "")}`.
    """

    name: str
    summary: str
    title: str
    body: str = ""
    channels: Sequence[str] = ("app", "push", "webhook")
    urgent: bool = False
    translations: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def write(self, data: Mapping[str, Any], count: int, locale: str) -> tuple[str, str]:
        """Title and body. Raises jinja2.UndefinedError for data that is missing."""
        title, body = self.translations.get(locale) or self.translations.get(locale.partition("_")[0]) or (self.title, self.body)
        given = {**data, "count": count}
        return " ".join(compiled(title).render(given).split())[:250], compiled(body).render(given)[:2000]

    def problems(self) -> list[str]:
        """What `flask stages check` says about it."""
        found = [f"Notification {self.name} has a channel {name}, which there is not." for name in self.channels if name not in CHANNELS]
        for text in (self.title, self.body, *(text for pair in self.translations.values() for text in pair)):
            try:
                compiled(text)
            except jinja2.TemplateSyntaxError as error:
                found.append(f"Notification {self.name} has a template that cannot be read: {error.message}.")
        return found


# Titles and bodies are plain text; whoever shows them escapes.
PLAIN = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=jinja2.select_autoescape((), default=False))


@functools.cache
def compiled(text: str) -> jinja2.Template:
    return PLAIN.from_string(text)
