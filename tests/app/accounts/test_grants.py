"""Granting and revoking permissions, and that it acts with the next request."""

import uuid

import pytest
import sqlalchemy as sa

from app.accounts.models import Grant
from app.extensions import db, socketio
from tests.kit import json_of, problem


def permissions(person):
    return set(json_of(person.get("accounts/me"))["permissions"])


def granted():
    return db.session.execute(sa.select(Grant.role, Grant.user_id, Grant.permission)).all()


def test_a_permission_is_granted_to_a_person_and_revoked_at_once(admin, ada, grace):
    assert "audit.read" not in permissions(ada)
    made = json_of(admin.put(f"accounts/users/{ada.id}/grants/audit.read"))
    assert (made["role"], made["user_id"], made["permission"]) == (None, ada.id, "audit.read")
    assert json_of(admin.put(f"accounts/users/{ada.id}/grants/audit.read")) == made
    assert ("audit.read" in permissions(ada), "audit.read" in permissions(grace)) == (True, False)
    assert admin.delete(f"accounts/users/{ada.id}/grants/audit.read", match=None).status_code == 204
    assert "audit.read" not in permissions(ada)
    problem(admin.delete(f"accounts/users/{ada.id}/grants/audit.read", match=None), 404, "not_granted")
    entries = json_of(admin.get(f"audit/entries?account_id={ada.id}"))["items"]
    assert [(e["action"], e["details"]) for e in entries if e["action"].startswith("accounts.")] == [
        ("accounts.permission_revoked", {"permission": "audit.read"}),
        ("accounts.permission_granted", {"permission": "audit.read"}),
    ]


def test_a_permission_is_granted_to_a_role_and_revoked_at_once(admin, staff, ada):
    assert "audit.read" not in permissions(staff)
    assert admin.put("accounts/roles/staff/grants/audit.read").status_code == 200
    assert ("audit.read" in permissions(staff), "audit.read" in permissions(ada)) == (True, False)
    assert admin.delete("accounts/roles/staff/grants/audit.read", match=None).status_code == 204
    assert "audit.read" not in permissions(staff)
    assert admin.put("accounts/roles/nobody/grants/audit.read").status_code == 404


def test_what_nobody_declares_is_not_granted(admin, ada):
    problem(admin.put(f"accounts/users/{ada.id}/grants/shop.rule"), 404, "no_such_permission")
    problem(admin.put("accounts/roles/staff/grants/shop.rule"), 404, "no_such_permission")
    problem(admin.put(f"accounts/users/{uuid.uuid4()}/grants/audit.read"), 404, "no_such_user")
    assert granted() == []


def test_nobody_grants_or_revokes_what_they_do_not_have(admin, staff, ada):
    admin.put(f"accounts/users/{staff.id}/grants/accounts.manage")
    admin.put(f"accounts/users/{ada.id}/grants/audit.read")
    before = granted()
    for refused in (
        staff.put(f"accounts/users/{staff.id}/grants/audit.read"),
        staff.put("accounts/roles/staff/grants/audit.read"),
        staff.delete(f"accounts/users/{ada.id}/grants/audit.read", match=None),
    ):
        assert problem(refused, 403, "missing_permission")["permission"] == "audit.read"
    assert granted() == before
    assert staff.put(f"accounts/users/{ada.id}/grants/accounts.manage").status_code == 200


def test_grants_are_listed_by_whom_and_what(admin, staff, ada):
    admin.put("accounts/roles/staff/grants/audit.read")
    admin.put(f"accounts/users/{ada.id}/grants/accounts.read_all")
    listed = json_of(admin.get("accounts/grants"))["items"]
    assert [(g["role"], g["user_id"], g["permission"]) for g in listed] == [
        (None, ada.id, "accounts.read_all"),
        ("staff", None, "audit.read"),
    ]
    assert json_of(admin.get("accounts/grants?role=staff"))["items"] == listed[1:]
    assert json_of(admin.get(f"accounts/grants?user_id={ada.id}&permission=accounts.read_all"))["items"] == listed[:1]
    problem(staff.get("accounts/grants"), 403, "missing_permission")


@pytest.mark.parametrize("to", ["roles/staff", "users/{}"])
def test_open_sockets_of_those_concerned_are_closed(app, client, monkeypatch, admin, staff, ada, to):
    monkeypatch.setattr(socketio, "server", app.extensions["realtime"].server)
    sockets = [socketio.test_client(app, auth={"token": p.access_token}, flask_test_client=client) for p in (staff, ada)]
    assert [s.is_connected() for s in sockets] == [True, True]
    assert admin.put(f"accounts/{to.format(staff.id)}/grants/audit.read").status_code == 200
    assert [s.is_connected() for s in sockets] == [False, True]
