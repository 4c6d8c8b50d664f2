"""`flask stages` and `flask demo`; `flask db upgrade` means every branch."""

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from flask_migrate.cli import db as database_commands

from app import stage_check
from app.access import SERVICE, acting_as
from app.db import unit_of_work

# Each stage is an Alembic branch, so "everything" is the only useful meaning.
next(p for p in database_commands.commands["upgrade"].params if p.name == "revision").default = "heads"


@click.group("stages", cls=AppGroup, invoke_without_command=True)
@click.pass_context
def stages_group(context: click.Context) -> None:
    """The stages of this deployment; by itself, a list of them."""
    if context.invoked_subcommand is None:
        context.invoke(list_stages)


@stages_group.command("list")
def list_stages() -> None:
    """What is on."""
    for stage in current_app.extensions["stages"].values():
        click.echo(f"{stage.name:12} {stage.summary}")


@stages_group.command("check")
def check_stages() -> None:
    """Manifests that promise what they don't hold."""
    problems = stage_check.problems(current_app)
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise click.exceptions.Exit(1)
    click.echo(f"{len(current_app.extensions['stages'])} stages, no problems")


@stages_group.command("new")
@click.argument("name")
def new_stage(name: str) -> None:
    """Write a working stage with a test into blueprints/NAME."""
    from app.stage_template import write
    from app.stages import available

    taken = {*current_app.extensions["stages"], *current_app.blueprints, *available()}
    for path in write(name, taken=taken):
        click.echo(path)


@stages_group.command("docs")
@click.option("--check", is_flag=True, help="Write nothing; fail when a page does not say what the code says.")
def write_docs(check: bool) -> None:
    """Write docs/reference: events, permissions and settings of the built-in stages."""
    from app import stage_docs

    if not check:
        for path in stage_docs.write():
            click.echo(path)
    elif old := stage_docs.stale():
        click.echo(f"Run `flask stages docs`: out of date are {', '.join(path.name for path in old)}.", err=True)
        raise click.exceptions.Exit(1)
    else:
        click.echo("docs/reference says what the code says")


@click.command("demo")
@with_appcontext
def demo() -> None:
    """Load demo data: people with log-ins, and what each stage has to show. Does nothing the second time."""
    from app.demo import build

    if current_app.config["APP_ENV"] == "production":
        raise click.ClickException("The demo has accounts whose passwords everybody knows: not in production.")
    with unit_of_work(), acting_as(SERVICE):
        click.echo("\n".join(build()))


def init_app(app: Flask) -> None:
    app.cli.add_command(stages_group)
    app.cli.add_command(demo)
