"""Does each manifest hold what it promises? What `flask stages check` finds."""

from flask import Flask

from app.extensions import db
from app.stages import Stages

CORE_TABLES = ("core_", "accounts_", "auth_")


def problems(app: Flask) -> list[str]:
    """One sentence for each broken promise."""
    stages: Stages = app.extensions["stages"]
    return [
        *undeclared_events(stages),
        *foreign_tables(stages),
        *undeclared_permissions(app, stages),
        *wrong_prefixes(stages),
        *bad_notifications(stages),
    ]


def undeclared_events(stages: Stages) -> list[str]:
    """A listener may name an event of a stage that is off, but not one that a stage which is on does not emit."""
    return [
        f"Stage {stage.name} listens for {event}, which stage {event.partition('.')[0]} does not emit."
        for stage in stages.values()
        for event in stage.listens
        if event not in stages.events and event.partition(".")[0] in stages
    ]


def foreign_tables(stages: Stages) -> list[str]:
    prefixes = (*CORE_TABLES, *(f"{name}_" for name in stages))
    return [f"Table {table} has no stage's prefix." for table in db.metadata.tables if not table.startswith(prefixes)]


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
        names += [kind.name for kind in stage.notifications]
        found += [
            f"Stage {stage.name} declares {name}, which must begin with {stage.name}."
            for name in names
            if not name.startswith(f"{stage.name}.")
        ]
    return found


def bad_notifications(stages: Stages) -> list[str]:
    return [problem for stage in stages.values() for kind in stage.notifications for problem in kind.problems()]
