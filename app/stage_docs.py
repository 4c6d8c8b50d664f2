"""What `flask stages docs` writes into docs/reference: the events, permissions and settings of the built-in stages.

The pages come from the manifests and :data:`app.config.SETTINGS`, whatever is switched on or installed where they
are written, so that everybody's copy is the same.
"""

import dataclasses
import datetime as dt
import inspect
import re
import types
import typing
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from flask import Flask

from app.config import DEVELOPMENT_SECRET, SETTINGS, Setting, stage_settings
from app.events import Event
from app.stages import ROLES, Stage, Stages, built_in

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
WRITTEN = "<!-- Written by `flask stages docs`. Change the manifests or app/config.py, not this file. -->\n"

TYPES = {uuid.UUID: "UUID", str: "text", int: "whole number", float: "number", bool: "yes or no", dt.datetime: "time", type(None): "null"}


def pages() -> dict[str, str]:
    """Markdown by the name of its file."""
    app = with_built_in_stages()
    stages: Stages = app.extensions["stages"]
    return {"events.md": events(stages), "permissions.md": permissions(app, stages), "settings.md": settings(stages)}


def write(folder: Path = FOLDER) -> list[Path]:
    """Write every page; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in pages().items():
        written.append(folder / name)
        written[-1].write_text(text, encoding="utf-8")
    return written


def stale(folder: Path = FOLDER) -> list[Path]:
    """The pages that are missing or do not say what the code says."""
    paths = {folder / name: text for name, text in pages().items()}
    return [path for path, text in paths.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]


def with_built_in_stages() -> Flask:
    """An app of its own with exactly the built-in stages, which no environment variable reaches."""
    from app import create_app

    return create_app({"APP_ENV": "test", "STAGES": ",".join(built_in())}, environ={})


def events(stages: Stages) -> str:
    parts = [
        WRITTEN,
        "# Events\n\nHeard by name, after the commit that emitted them ([how](../architecture.md#events-and-background-work)).\n",
    ]
    for stage in stages.values():
        if stage.emits:
            rows = [(f"`{event.name}`", meaning(event), fields(event), heard_by(stages, event.name)) for event in stage.emits]
            parts.append(f"## {stage.name}\n\n" + table(("event", "meaning", "fields", "who listens"), rows))
    return "\n".join(parts)


def meaning(event: type[Event]) -> str:
    return " ".join(inspect.getdoc(event).split()) if event.__doc__ else ""  # type: ignore[union-attr]


def fields(event: type[Event]) -> str:
    hints = typing.get_type_hints(event)
    return "<br>".join(f"`{field.name}`: {in_words(hints[field.name])}" for field in dataclasses.fields(event))


def in_words(hint: Any) -> str:
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        return " or ".join(in_words(each) for each in typing.get_args(hint))
    if typing.get_origin(hint) is typing.Literal:
        return " or ".join(f"`{value}`" for value in typing.get_args(hint))
    return TYPES.get(hint) or f"`{getattr(hint, '__name__', hint)}`"


def heard_by(stages: Stages, event: str) -> str:
    return (
        ", ".join(f"{stage.name} (`{stage.listens[event].__qualname__}`)" for stage in stages.values() if event in stage.listens)
        or "nobody"
    )  # type: ignore[attr-defined]


def permissions(app: Flask, stages: Stages) -> str:
    parts = [WRITTEN, "# Permissions\n\nAdmins have all of them. A personal access token has those among its scopes.\n"]
    users = who_needs(app, stages)
    for stage in stages.values():
        if stage.permissions:
            rows = [(f"`{name}`", text, roles(stages, name), "<br>".join(users.get(name, []))) for name, text in stage.permissions.items()]
            parts.append(f"## {stage.name}\n\n" + table(("permission", "what it allows", "roles", "needed by"), rows))
    return "\n".join(parts)


def roles(stages: Stages, permission: str) -> str:
    return ", ".join(role for role in ROLES if permission in stages.granted(role))


def who_needs(app: Flask, stages: Stages) -> dict[str, list[str]]:
    """By permission: the routes, streams and background functions that ask for it."""
    found: dict[str, list[str]] = {}
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ()))):
        operation = getattr(app.view_functions[rule.endpoint], "_operation", None)
        if operation is not None and operation.needs is not None:
            method = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
            path = re.sub(r"<(?:[^:>]*:)?([^>]*)>", r"{\1}", rule.rule)
            found.setdefault(operation.needs, []).append(f"`{method} {path}`")
    for stage in stages.values():
        for stream in stage.streams:
            found.setdefault(stream.needs, []).append(f"stream `{stream.name}`")
        for function in stage.background:
            if function.function.needs is not None:
                found.setdefault(function.function.needs, []).append(f"background `{function.name}`")
    return found


def settings(stages: Stages) -> str:
    first = "Environment variables, read once at start-up; a value that cannot be used stops the start with a sentence."
    parts = [WRITTEN, f"# Settings\n\n{first}\n", settings_table(SETTINGS)]
    parts += [f"## {stage.name}\n\n" + settings_table(own) for stage in stages.values() if (own := settings_of(stage))]
    return "\n".join(parts)


def settings_of(stage: Stage) -> Sequence[Setting]:
    return stage_settings(stage.name, stage.settings)


def settings_table(listed: Iterable[Setting]) -> str:
    rows = [(f"`{s.name}`", default_of(s), "yes" if s.required_in_production else "", s.help, accepts(s.parse)) for s in listed]
    return table(("setting", "default", "required in production", "meaning", "value"), rows)


def default_of(setting: Setting) -> str:
    value = setting.default
    if DEVELOPMENT_SECRET in (value if isinstance(value, tuple) else (value,)):
        return "a development secret"
    if isinstance(value, bool):
        return "`on`" if value else "`off`"
    text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"`{text}`" if text else "empty"


def accepts(parse: Callable[[str], object]) -> str:
    """What the operator would read after a value that cannot be right."""
    try:
        parse("\0")
    except ValueError as error:
        return str(error).partition(", not ")[0]
    return ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
