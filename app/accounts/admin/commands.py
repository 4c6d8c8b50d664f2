"""`flask accounts`: the operator's way in, when nobody else has one."""

import click
from flask.cli import AppGroup

from app.access import SERVICE, acting_as
from app.accounts import service
from app.accounts.admin import users
from app.accounts.models import User
from app.db import unit_of_work
from app.errors import AppError

accounts_group = AppGroup("accounts", help="Accounts of people, from the operator's side.")


@accounts_group.command("make-admin")
@click.argument("email")
def make_admin(email: str) -> None:
    """Give the person with this address the role admin."""
    with unit_of_work(), acting_as(SERVICE):
        user = with_address(email)
        users.edit(user.id, {"roles": [*user.roles, "admin"]}, by=SERVICE)
    click.echo(f"{email} is an administrator")


@accounts_group.command("disable")
@click.argument("email")
def disable(email: str) -> None:
    """Sign the person with this address out everywhere and let them in no more."""
    with unit_of_work(), acting_as(SERVICE):
        try:
            users.disable(with_address(email).id, "by the operator", by=SERVICE)
        except AppError as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"{email} is disabled")


def with_address(email: str) -> User:
    user = service.find_by_email(email)
    if user is None:
        raise click.ClickException(f"Nobody has the address {email}.")
    return user
