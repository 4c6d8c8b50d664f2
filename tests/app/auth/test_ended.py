"""Sockets whose session or token is over are found by the sweep, whatever became of the message that said so."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from app.accounts import User
from app.auth.models import PersonalToken, Session
from app.db import unit_of_work
from app.extensions import db
from tests.kit import json_of

PAST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def actors(app, ada):
    token = json_of(ada.post("accounts/me/tokens", {"name": "CI", "scopes": ["tasks.read"]}))["token"]
    verify = app.extensions["verify"]
    return {"session": verify(ada.access_token), "token": verify(token)}


def change(model, key, **values):
    with unit_of_work():
        db.session.execute(sa.update(model).where(model.id == key).values(values))


def test_who_is_still_there_stays(app, actors):
    assert app.extensions["ended_actors"](actors) == []


@pytest.mark.parametrize(
    ("model", "values", "gone"),
    [
        (Session, {"ended_at": PAST}, ["session"]),
        (Session, {"expires_at": PAST}, ["session"]),
        (PersonalToken, {"revoked_at": PAST}, ["token"]),
        (PersonalToken, {"expires_at": PAST}, ["token"]),
        (User, {"disabled_at": PAST}, ["session", "token"]),
        (User, {"roles": ["user", "staff"]}, ["session", "token"]),
    ],
)
def test_who_is_not_is_named(app, ada, actors, model, values, gone):
    keys = {Session: actors["session"].session_id, PersonalToken: actors["token"].token_id, User: uuid.UUID(ada.id)}
    change(model, keys[model], **values)
    assert app.extensions["ended_actors"](actors) == gone
