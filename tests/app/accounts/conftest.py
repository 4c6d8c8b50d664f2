"""People with roles. The bus is alive, so that verified tokens are remembered: the harder case for acting at once."""

import uuid

import pytest
import sqlalchemy as sa

from app.accounts import User
from app.auth import forget_user
from app.extensions import db
from tests.kit import Person


@pytest.fixture(autouse=True)
def remembering(request, monkeypatch):
    if "app" in request.fixturenames:
        monkeypatch.setattr(type(request.getfixturevalue("app").extensions["bus"]), "alive", True)


def with_roles(person: Person, *roles: str) -> Person:
    db.session.execute(sa.update(User).where(User.id == uuid.UUID(person.id)).values(roles=list(roles)))
    db.session.commit()
    forget_user(uuid.UUID(person.id))
    return person


@pytest.fixture
def admin(client) -> Person:
    return with_roles(Person(client, "Root"), "user", "admin")


@pytest.fixture
def staff(client) -> Person:
    return with_roles(Person(client, "Staff"), "user", "staff")
