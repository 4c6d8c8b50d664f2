"""Does each manifest hold what it promises? What `flask stages check` finds."""

from collections.abc import Collection, Iterator

import sqlalchemy as sa
from flask import Flask

from app.db import Base
from app.stages import Stages, available, packages


def problems(app: Flask) -> list[str]:
    """One sentence for each broken promise."""
    stages: Stages = app.extensions["stages"]
    return [
        *undeclared_events(stages, available()),
        *foreign_tables(stages),
        *undeclared_permissions(app, stages),
        *wrong_prefixes(stages),
    ]


def undeclared_events(stages: Stages, installed: Collection[str]) -> list[str]:
    """A listener may name an event of a stage that is off, but not one of a stage that nobody has, or that is on and does not emit it."""
    found = []
    for stage in stages.values():
        for event in stage.listens:
            emitter = event.partition(".")[0]
            if emitter not in stages and emitter not in installed:
                found.append(f"Stage {stage.name} listens for {event}, but no stage called {emitter} is installed.")
            elif emitter in stages and event not in stages.events:
                found.append(f"Stage {stage.name} listens for {event}, which stage {emitter} does not emit.")
    return found


def foreign_tables(stages: Stages) -> list[str]:
    """A table has the prefix of the stage that its model is in; one without a model, of any stage that is on."""
    core = core_packages(stages)
    homes, modelled, found = packages() | core, set(), []
    for table, module in models():
        modelled.add(table)
        prefixes = tuple(f"{name}_" for name in owners(module, homes) or [*stages, *core])
        if not table.startswith(prefixes):
            found.append(f"Table {table} of {module} must begin with {' or '.join(sorted(prefixes))}.")
    known = tuple(f"{name}_" for name in [*stages, *core])
    return found + [
        f"Table {table} has no stage's prefix." for table in Base.metadata.tables if table not in modelled and not table.startswith(known)
    ]


def core_packages(stages: Stages) -> dict[str, str]:
    """The prefixes of the core's own tables, and where their models are."""
    return {"core": "app", **{name: f"app.{name}" for name in stages if name not in available()}}


def models() -> Iterator[tuple[str, str]]:
    """Each table with the module of its model."""
    for mapper in sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__qualname__):
        shares = mapper.inherits is not None and mapper.local_table is mapper.inherits.local_table
        if isinstance(mapper.local_table, sa.Table) and not shares:
            yield mapper.local_table.name, mapper.class_.__module__


def owners(module: str, homes: dict[str, str]) -> list[str]:
    """The stages in whose package a module is: those of the innermost one."""
    around = {name: home for name, home in homes.items() if f"{module}.".startswith(f"{home}.")}
    innermost = max(map(len, around.values()), default=0)
    return [name for name, home in around.items() if len(home) == innermost]


def undeclared_permissions(app: Flask, stages: Stages) -> list[str]:
    declared = stages.permissions
    needed = {f"{rule.endpoint}": operation_of(app, rule.endpoint) for rule in app.url_map.iter_rules()}
    found = [
        f"Route {endpoint} needs {operation.needs}, which nobody declares."
        for endpoint, operation in needed.items()
        if operation is not None and operation.needs is not None and operation.needs not in declared
    ]
    for stage in stages.values():
        granted = {permission for permissions in stage.grants.values() for permission in permissions}
        found += [f"Stage {stage.name} grants {permission}, which it does not declare." for permission in granted - set(stage.permissions)]
    found += [
        f"Stream {stream.name} needs {stream.needs}, which nobody declares."
        for stream in app.extensions["streams"].values()
        if stream.needs not in declared
    ]
    return found + [
        f"Function {function.name} needs {function.needs}, which nobody declares."
        for function in app.extensions["functions"].values()
        if function.needs is not None and function.needs not in declared
    ]


def operation_of(app: Flask, endpoint: str):
    return getattr(app.view_functions.get(endpoint), "_operation", None)


def wrong_prefixes(stages: Stages) -> list[str]:
    found = []
    for stage in stages.values():
        names = [*stage.permissions, *(e.name for e in stage.emits), *(f.name for f in stage.background), *(s.name for s in stage.streams)]
        found += [
            f"Stage {stage.name} declares {name}, which must begin with {stage.name}."
            for name in names
            if not name.startswith(f"{stage.name}.")
        ]
    return found
