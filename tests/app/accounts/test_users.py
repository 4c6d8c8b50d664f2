"""What administrators do with the accounts of others, and that it acts with the next request."""

import re
import uuid

import pytest
import sqlalchemy as sa

from app.accounts import User
from app.accounts.admin.users import USERS
from app.extensions import db
from app.notifications.models import Mail
from tests.kit import PASSWORD, Person, json_of, problem


def state(person):
    return db.session.execute(sa.select(User.name, User.roles, User.disabled_at).where(User.id == uuid.UUID(person.id))).one()


def found(person, query):
    return [user["id"] for user in json_of(person.get(f"accounts/users?{query}"))["items"]]


def actions(admin, person):
    return [entry["action"] for entry in json_of(admin.get(f"audit/entries?account_id={person.id}"))["items"]]


def grant(admin, person, permission):
    assert admin.put(f"accounts/users/{person.id}/grants/{permission}").status_code == 200


# ---- finding


def test_people_are_found_by_beginnings_of_words_of_the_name_and_the_address(client, admin):
    mary = Person(client, "Mary O'Neil-Smith", "m.jones+news@example.org")
    for query in ("q=mary", "q=MAR", "q=smi", "q=o'neil", "q=jones", "q=news", "q=m.jones%2Bnews@example.org", "q=mary+jon"):
        assert found(admin, query) == [mary.id], query
    for query in ("q=ary", "q=mary+grace", "q=%26%7C!:*", "q=%C2%BD"):
        assert found(admin, query) == [], query


def test_people_are_found_by_role_state_and_the_time_they_came(client, admin, staff, ada):
    assert found(admin, "role=admin") == [admin.id]
    assert found(admin, "role=staff") == [staff.id]
    admin.post(f"accounts/users/{ada.id}/disablement", {})
    assert found(admin, "disabled=true") == [ada.id]
    assert found(admin, "disabled=false") == [staff.id, admin.id]
    moment = json_of(admin.get(f"accounts/users/{admin.id}"))["created_at"].replace("+", "%2B")
    assert admin.id in found(admin, f"created_after={moment}")
    assert found(admin, f"created_before={moment}") == []


def test_the_list_goes_on_where_the_page_ended(client, admin, staff, ada):
    first = json_of(admin.get("accounts/users?limit=2"))
    rest = json_of(admin.get(f"accounts/users?limit=2&cursor={first['next_cursor']}"))
    assert {u["id"] for u in first["items"] + rest["items"]} == {admin.id, staff.id, ada.id}
    assert (len(rest["items"]), rest["next_cursor"]) == (1, None)


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({}, "ix_accounts_user_created_at"),
        ({"q": "mary:*"}, "ix_accounts_user_search"),
        ({"role": ["admin"]}, "ix_accounts_user_roles"),
        ({"disabled": True}, "ix_accounts_user_disabled"),
    ],
)
def test_an_index_serves_each_search(app, filters, index):
    many = "insert into accounts_user (id, email, email_key, name, roles) select gen_random_uuid(), n, n, n, '{user}'"
    db.session.execute(sa.text(f"{many} from (select n::text n from generate_series(1, 3000) n) x"))
    db.session.execute(sa.text("analyze accounts_user"))
    listing = USERS.listing(filters, sort="-created_at")
    statement, _ = USERS.select(listing.shape(after=False, limited=True))
    compiled = statement.compile(db.engine)
    values = {**compiled.params, **listing.values, "_limit": 20}
    plan = "\n".join(db.session.connection().exec_driver_sql(f"explain {compiled}", values).scalars())
    assert index in plan, plan


def test_only_those_who_may_see_everybody_find_people(staff, ada, admin):
    for person in (ada, staff):
        problem(person.get("accounts/users"), 403, "missing_permission")
        problem(person.get(f"accounts/users/{admin.id}"), 403, "missing_permission")
    grant(admin, staff, "accounts.read_all")
    assert json_of(staff.get(f"accounts/users/{ada.id}"))["email"] == ada.email
    problem(staff.post(f"accounts/users/{ada.id}/disablement", {}), 403, "missing_permission")
    problem(admin.get(f"accounts/users/{uuid.uuid4()}"), 404, "no_such_user")


# ---- changing


def test_a_name_and_roles_are_changed_against_a_version_and_act_at_once(admin, ada):
    shown = admin.get(f"accounts/users/{ada.id}")
    problem(admin.patch(f"accounts/users/{ada.id}", {"name": "x"}, match=None), 428)
    problem(admin.patch(f"accounts/users/{ada.id}", {"name": "x"}, match='"99"'), 412)
    assert state(ada).name == "Ada"
    assert ada.get("accounts/users").status_code == 403
    changed = json_of(
        admin.patch(f"accounts/users/{ada.id}", {"name": "Lady Ada", "roles": ["admin", "user"]}, match=shown.headers["ETag"])
    )
    assert (changed["name"], changed["roles"]) == ("Lady Ada", ["user", "admin"])
    assert ada.get("accounts/users").status_code == 200
    assert {"accounts.renamed", "accounts.roles_changed"} <= set(actions(admin, ada))
    entry = json_of(admin.get("audit/entries?action=accounts.roles_changed"))["items"][0]
    assert (entry["actor_id"], entry["details"]) == (admin.id, {"before": ["user"], "after": ["user", "admin"]})


def test_the_last_administrator_stays_one(admin, ada):
    for attempt in (
        admin.patch(f"accounts/users/{admin.id}", {"roles": ["user"]}),
        admin.post(f"accounts/users/{admin.id}/disablement", {}),
    ):
        problem(attempt, 409, "last_admin")
    assert (state(admin).roles, state(admin).disabled_at) == (["user", "admin"], None)
    assert admin.patch(f"accounts/users/{ada.id}", {"roles": ["user", "admin"]}).status_code == 200
    assert admin.patch(f"accounts/users/{admin.id}", {"roles": ["user"]}).status_code == 200
    problem(admin.get("accounts/users"), 403, "missing_permission")
    problem(ada.post(f"accounts/users/{ada.id}/disablement", {}), 409, "last_admin")


def test_who_manages_without_being_an_administrator_makes_none_and_touches_none(client, admin, staff, ada):
    grant(admin, staff, "accounts.manage")
    problem(staff.patch(f"accounts/users/{ada.id}", {"roles": ["user", "admin"]}), 403, "only_admins")
    problem(staff.patch(f"accounts/users/{staff.id}", {"roles": ["user", "admin"]}), 403, "only_admins")
    for attempt in (
        staff.patch(f"accounts/users/{admin.id}", {"name": "x"}),
        staff.post(f"accounts/users/{admin.id}/disablement", {}),
        staff.post(f"accounts/users/{admin.id}/sign-out"),
        staff.put(f"accounts/users/{admin.id}/grants/accounts.read"),
    ):
        problem(attempt, 403, "only_admins")
    assert (state(ada).roles, state(admin)) == (["user"], ("Root", ["user", "admin"], None))
    assert staff.patch(f"accounts/users/{ada.id}", {"roles": ["user", "staff"]}).status_code == 200


def test_nobody_gives_a_role_with_permissions_that_they_lack(admin, staff, ada):
    grant(admin, staff, "accounts.manage")
    assert admin.put("accounts/roles/staff/grants/audit.read").status_code == 200
    assert admin.patch(f"accounts/users/{staff.id}", {"roles": ["user"]}).status_code == 200
    problem(staff.patch(f"accounts/users/{ada.id}", {"roles": ["user", "staff"]}), 403, "missing_permission")
    assert state(ada).roles == ["user"]


def test_a_token_gives_no_role_beyond_its_scopes(client, admin, ada):
    token = json_of(admin.post("accounts/me/tokens", {"name": "CI", "scopes": ["accounts.manage", "accounts.read"]}))["token"]
    program = Person.__new__(Person)
    program.client, program.access_token = client, token
    problem(program.patch(f"accounts/users/{ada.id}", {"roles": ["user", "admin"]}), 403, "missing_permission")
    assert state(ada).roles == ["user"]


# ---- keeping out


def test_who_is_disabled_is_out_at_once_and_back_when_enabled(client, admin, ada):
    token = json_of(ada.post("accounts/me/tokens", {"name": "CI", "scopes": ["accounts.read"]}))["token"]
    with_token = {"headers": {"Authorization": f"Bearer {token}"}}
    assert client.get("/api/v1/accounts/me", **with_token).status_code == 200
    disabled = json_of(admin.post(f"accounts/users/{ada.id}/disablement", {"reason": "spam"}))
    assert disabled["disabled_at"] is not None
    problem(ada.get("accounts/me"), 401, "invalid_token")
    assert client.get("/api/v1/accounts/me", **with_token).status_code == 401
    assert client.post("/api/v1/auth/refreshes", json={"refresh_token": ada.refresh_token}).status_code == 401
    credentials = {"email": ada.email, "password": PASSWORD}
    assert client.post("/api/v1/auth/sessions", json=credentials).status_code == 401
    problem(admin.post(f"accounts/users/{ada.id}/disablement", {}), 409, "already_disabled")
    assert json_of(admin.delete(f"accounts/users/{ada.id}/disablement", match=None))["disabled_at"] is None
    problem(admin.delete(f"accounts/users/{ada.id}/disablement", match=None), 409, "not_disabled")
    assert client.post("/api/v1/auth/sessions", json=credentials).status_code == 201
    assert client.get("/api/v1/accounts/me", **with_token).status_code == 200
    problem(ada.get("accounts/me"), 401, "invalid_token")
    assert {"accounts.disabled", "accounts.enabled"} <= set(actions(admin, ada))


def test_signing_somebody_out_everywhere_ends_their_sessions_and_nobody_elses(client, admin, ada, grace):
    other = Person.__new__(Person)
    tokens = json_of(client.post("/api/v1/auth/sessions", json={"email": ada.email, "password": PASSWORD}))
    other.client, other.access_token = client, tokens["access_token"]
    assert other.get("accounts/me").status_code == 200
    assert admin.post(f"accounts/users/{ada.id}/sign-out").status_code == 204
    assert [p.get("accounts/me").status_code for p in (ada, other, grace)] == [401, 401, 200]
    assert actions(admin, ada)[0] == "accounts.signed_out"


def test_an_administrator_has_a_link_sent_with_which_the_person_sets_a_new_password(client, admin, ada):
    assert admin.post(f"accounts/users/{ada.id}/password-reset").data == b""
    text = db.session.scalar(sa.select(Mail.text).where(Mail.recipient == ada.email, Mail.template == "auth.reset_password"))
    assert actions(admin, ada)[0] == "accounts.reset_sent"
    assert ada.get("accounts/me").status_code == 200
    (token,) = re.findall(r"z2h_[a-z]+_\w+", text)
    body = {"token": token, "password": "entirely other words"}
    assert client.post("/api/v1/auth/password-resets/confirmation", json=body).status_code == 204
    problem(ada.get("accounts/me"), 401, "invalid_token")
    admin.post(f"accounts/users/{ada.id}/disablement", {})
    problem(admin.post(f"accounts/users/{ada.id}/password-reset"), 409, "already_disabled")


# ---- the operator


def test_the_operator_makes_administrators_and_disables_people(app, ada, grace):
    run = app.test_cli_runner().invoke
    assert run(args=["accounts", "make-admin", ada.email.upper()]).exit_code == 0
    assert state(ada).roles == ["user", "admin"]
    assert ada.get("accounts/users").status_code == 200
    refused = run(args=["accounts", "disable", ada.email])
    assert (refused.exit_code, state(ada).disabled_at) == (1, None)
    assert "administrator" in refused.output
    assert run(args=["accounts", "disable", grace.email]).exit_code == 0
    problem(grace.get("accounts/me"), 401, "invalid_token")
    missing = run(args=["accounts", "make-admin", "nobody@example.com"])
    assert (missing.exit_code, "Nobody has the address" in missing.output) == (1, True)
    assert actions(ada, grace)[0] == "accounts.disabled"
