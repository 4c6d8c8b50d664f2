"""Demo people, and what each stage shows for them."""

from flask import current_app

from app import accounts
from app.access import Actor
from app.auth import hasher

PASSWORD = "correct horse battery"
PEOPLE = (
    ("ada@example.com", "Ada Lovelace", ("user", "admin")),
    ("grace@example.com", "Grace Hopper", ("user", "staff")),
    ("alan@example.com", "Alan Turing", ("user",)),
)


def build() -> list[str]:
    """Make what is not there yet; the lines to print."""
    if accounts.find_by_email(PEOPLE[0][0]) is None:
        password_hash = hasher().hash(PASSWORD)
        people = [accounts.create(email, name, password_hash, roles, verified=True) for email, name, roles in PEOPLE]
        actors = [Actor(p.id, accounts.permissions_of(p.id, p.roles), roles=tuple(p.roles)) for p in people]
        for stage in current_app.extensions["stages"].values():
            if stage.demo is not None:
                stage.demo(actors)
    return [f"{email}  {PASSWORD}  ({name}, {roles[-1]})" for email, name, roles in PEOPLE]
