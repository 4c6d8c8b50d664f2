"""The one plug: a Stage says what a feature package adds to the app."""

import importlib
import os
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
from flask import Flask

import blueprints as built_in_stages
from app.background import Background
from app.config import BadSetting, read_stage_settings
from app.console import Page
from app.events import Event, Listener, as_function
from app.web import Blueprint

GROUP = "zero2hero.stages"
ROLES = ("user", "staff", "admin")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What a feature package brings. Everything it names carries its name as a prefix.

    ``permissions`` says what each permission lets one do, ``grants`` which roles have it from the start
    (admins have all). ``listens`` maps an event's name to its listener. ``health`` returns a dict of checks.
    """

    name: str
    summary: str
    blueprints: Sequence[Blueprint] = ()
    permissions: Mapping[str, str] = field(default_factory=dict)
    grants: Mapping[str, Sequence[str]] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    emits: Sequence[type[Event]] = ()
    listens: Mapping[str, Listener] = field(default_factory=dict)
    streams: Sequence[Any] = ()
    sockets: Callable[[Any], None] | None = None
    background: Sequence[Background] = ()
    commands: Sequence[click.Command] = ()
    console: Page | None = None
    demo: Callable[[Any], None] | None = None
    health: Callable[[], Mapping[str, object]] | None = None


class Stages(dict[str, Stage]):
    """The stages that are on, core packages first, in the order in which they were installed."""

    @property
    def permissions(self) -> dict[str, str]:
        return {name: text for stage in self.values() for name, text in stage.permissions.items()}

    @property
    def events(self) -> dict[str, type[Event]]:
        return {event.name: event for stage in self.values() for event in stage.emits}

    def granted(self, role: str) -> frozenset[str]:
        """The permissions that a role has from the start; staff has those of users, too."""
        if role == "admin":
            return frozenset(self.permissions)
        roles = {"user"} if role == "user" else {"user", role}
        return frozenset(p for stage in self.values() for r in roles for p in stage.grants.get(r, ()))


def available() -> dict[str, Callable[[], Stage]]:
    """Every stage that could be switched on, by name; nothing is imported yet. Raises BadSetting for a name that two have."""
    found = {name: lambda name=name: importlib.import_module(f"blueprints.{name}").stage for name in built_in()}
    places = {name: f"blueprints.{name}" for name in found}
    for entry in installed():
        if entry.name in found:
            raise BadSetting(f"Two stages are called {entry.name}: {places[entry.name]} and {entry.value}.")
        found[entry.name], places[entry.name] = entry.load, entry.value
    return found


def built_in() -> list[str]:
    """The folders of blueprints/."""
    return [module.name for module in pkgutil.iter_modules(built_in_stages.__path__) if module.ispkg]


def installed() -> Sequence[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value))


def packages() -> dict[str, str]:
    """Where the code of each stage that could be switched on is, by its name."""
    return {name: f"blueprints.{name}" for name in built_in()} | {entry.name: entry.module.partition(".")[0] for entry in installed()}


def migration_paths(app: Flask) -> list[str]:
    """Migrations of every installed stage, on or off: Alembic must know each revision in the database."""
    home = Path(app.root_path).parent / "migrations" / "versions"
    paths = [path for path in home.iterdir() if path.is_dir() and path.name != "__pycache__"]
    paths += filter(None, map(brought_migrations, installed()))
    return sorted(str(path) for path in paths)


def brought_migrations(entry: EntryPoint) -> Path | None:
    """The folder `migrations` next to a manifest or in a package above it. To find a submodule Python imports what
    it is in, and a stage that is off is never imported; a top-level package is found without."""
    package, *inner = entry.module.split(".")
    spec = find_spec(package)
    homes = (spec and spec.submodule_search_locations) or ()
    folders = (Path(home, *inner[:depth], "migrations") for home in homes for depth in range(len(inner), -1, -1))
    return next((folder for folder in folders if folder.is_dir()), None)


def install(app: Flask, core: Sequence[Stage], environ: Mapping[str, str] = os.environ) -> Stages:
    """Load the stages that the setting STAGES names and give the app what they bring."""
    stages = Stages()
    for stage in [*core, *load(app.config["STAGES"])]:
        if stage.name in stages:
            raise BadSetting(f"Two stages are called {stage.name}.")
        stages[stage.name] = stage
    app.extensions["stages"] = stages
    app.config["MIGRATION_PATHS"] = migration_paths(app)
    for stage in stages.values():
        connect(app, stage, stages, environ)
    return stages


def load(setting: str) -> list[Stage]:
    """Import the stages that the setting STAGES names. Raises BadSetting for one that is unknown or fails to load."""
    known = available()
    wanted = sorted(known) if setting == "all" else [name.strip() for name in setting.split(",") if name.strip()]
    if unknown := sorted(set(wanted) - set(known)):
        raise BadSetting(f"STAGES names {', '.join(unknown)}, which is not installed. Known: {', '.join(sorted(known))}.")
    loaded = []
    for name in wanted:
        try:
            stage = known[name]()
        except Exception as error:
            raise BadSetting(f"Stage {name} cannot be loaded: {type(error).__name__}: {error}") from error
        if not isinstance(stage, Stage) or stage.name != name:
            raise BadSetting(f"Stage {name} cannot be loaded: its manifest must be a Stage of that name.")
        loaded.append(stage)
    return loaded


def connect(app: Flask, stage: Stage, stages: Stages, environ: Mapping[str, str]) -> None:
    """Give the app what one stage brings; ``stages`` are all that are on, whose events it may hear."""
    for name, value in read_stage_settings(stage.name, stage.settings, environ).items():
        app.config.setdefault(name, value)
    for blueprint in stage.blueprints:
        app.extensions["api"].register_blueprint(blueprint)
    for event, listener in stage.listens.items():
        function = as_function(stages.events.get(event), event, stage.name, listener)
        app.extensions["functions"].add(function)
        app.extensions["listeners"].setdefault(event, []).append(function)
    for function in stage.background:
        app.extensions["functions"].add(function.function)
        app.extensions["background"][function.name] = function
    for stream in stage.streams:
        app.extensions["streams"].add(stream)
    if stage.sockets:
        stage.sockets(app.extensions["socketio"])
    for command in stage.commands:
        app.cli.add_command(command)
