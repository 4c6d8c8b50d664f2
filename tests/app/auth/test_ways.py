"""The last way in cannot be removed."""

import uuid

import pytest
import sqlalchemy as sa

from app import auth
from app.accounts import User
from app.auth import ways
from app.db import unit_of_work
from app.extensions import db
from tests.factors import log_in, with_passkey
from tests.kit import json_of, problem


def ways_of(person):
    return auth.ways_in(uuid.UUID(person.id))


def test_every_way_in_has_a_name(ada):
    assert ways_of(ada) == ["password"]
    key = with_passkey(ada)
    assert ways_of(ada) == ["password", f"passkey:{key.passkey_id}"]


def test_the_password_goes_only_when_a_passkey_is_there(client, ada):
    problem(ada.delete("accounts/me/password", match=None), 409, "last_way_in")
    assert ways_of(ada) == ["password"]
    with_passkey(ada)
    assert ada.delete("accounts/me/password", match=None).status_code == 204
    problem(log_in(client, ada), 401, "wrong_credentials")
    problem(ada.delete("accounts/me/password", match=None), 404)
    assert json_of(ada.get("audit/mine?action=auth.password_removed"))["items"][0]["account_id"] == ada.id


def test_the_last_passkey_stays_where_there_is_no_password(ada):
    first, second = with_passkey(ada, "First"), with_passkey(ada, "Second")
    assert ada.delete("accounts/me/password", match=None).status_code == 204
    assert ada.delete(f"accounts/me/passkeys/{first.passkey_id}").status_code == 204
    problem(ada.delete(f"accounts/me/passkeys/{second.passkey_id}"), 409, "last_way_in")
    assert ways_of(ada) == [f"passkey:{second.passkey_id}"]


def test_others_announce_ways_of_their_own(app, ada, monkeypatch):
    monkeypatch.setattr(ways, "_kinds", dict(ways._kinds))
    auth.register_ways("identity", lambda account_id: [f"identity:{account_id}"])
    assert ways_of(ada) == ["password", f"identity:{ada.id}"]
    assert ada.delete("accounts/me/password", match=None).status_code == 204
    with unit_of_work(), pytest.raises(auth.LastWayIn):
        auth.keep_another(uuid.UUID(ada.id), losing=f"identity:{ada.id}")
    assert db.session.scalar(sa.select(User.password_hash).where(User.id == uuid.UUID(ada.id))) is None
