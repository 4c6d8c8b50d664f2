"""Projects: made, changed, put away, shared."""

import uuid

import pytest

from tests.kit import json_of, problem


def test_a_new_project_is_mine(ada):
    made = ada.post("tasks/projects", {"name": "House", "notes": "# Plan"})
    project = json_of(made)
    assert made.status_code == 201
    assert made.headers["Location"] == f"/api/v1/tasks/projects/{project['id']}"
    assert (project["name"], project["notes"], project["role"], project["version"], project["sequence"]) == (
        "House",
        "# Plan",
        "owner",
        1,
        0,
    )
    assert json_of(ada.get(made.headers["Location"])) == project
    assert [p["id"] for p in json_of(ada.get("tasks/projects"))["items"]] == [project["id"]]


def test_a_change_needs_the_version_it_means(project, ada):
    path = f"tasks/projects/{project.id}"
    problem(ada.patch(path, {"name": "x"}, match=None), 428)
    problem(ada.patch(path, {"name": "x"}, match='"7"'), 412)
    assert json_of(ada.get(path))["name"] == "House"
    changed = ada.patch(path, {"name": "Garden"}, match='"1"')
    assert (json_of(changed)["name"], json_of(changed)["version"], changed.headers["ETag"][:3]) == ("Garden", 2, '"2.')


def test_a_deleted_project_hides_its_tasks_until_it_is_restored(project, ada):
    task = project.add()
    assert ada.delete(f"tasks/projects/{project.id}").status_code == 204
    assert json_of(ada.get("tasks/projects"))["items"] == []
    assert [p["id"] for p in json_of(ada.get("tasks/projects?deleted=true"))["items"]] == [project.id]
    problem(ada.get(f"tasks/tasks/{task['id']}"), 404, "no_such_task")
    problem(ada.post(project.tasks, {"title": "late"}), 404, "no_such_project")
    assert json_of(ada.get("tasks/tasks"))["items"] == []
    assert ada.post(f"tasks/projects/{project.id}/restoration").status_code == 201
    assert project.titles() == ["Paint the fence"]
    problem(ada.post(f"tasks/projects/{project.id}/restoration"), 409, "not_deleted")


def test_projects_are_listed_in_every_order_and_by_role(ada, grace):
    ids = {name: json_of(ada.post("tasks/projects", {"name": name}))["id"] for name in ("b", "c", "a")}
    theirs = json_of(grace.post("tasks/projects", {"name": "z"}))["id"]
    grace.post(f"tasks/projects/{theirs}/members", {"email": ada.email, "role": "viewer"})

    def names(query):
        return [p["name"] for p in json_of(ada.get(f"tasks/projects?{query}"))["items"]]

    assert names("sort=name") == ["a", "b", "c", "z"]
    assert names("sort=-name") == ["z", "c", "b", "a"]
    assert names("sort=created_at") == ["b", "c", "a", "z"]
    assert names("role=viewer") == ["z"]
    ada.patch(f"tasks/projects/{ids['b']}", {"notes": "new"})
    assert names("sort=-updated_at&role=owner")[0] == "b"


# ---- sharing

OWNER, EDITOR, VIEWER = "owner", "editor", "viewer"
ALLOWED = {
    "see": ("GET", "tasks/projects/{p}", None, {OWNER, EDITOR, VIEWER}),
    "list tasks": ("GET", "tasks/projects/{p}/tasks", None, {OWNER, EDITOR, VIEWER}),
    "see a task": ("GET", "tasks/tasks/{t}", None, {OWNER, EDITOR, VIEWER}),
    "see changes": ("GET", "tasks/projects/{p}/changes", None, {OWNER, EDITOR, VIEWER}),
    "see members": ("GET", "tasks/projects/{p}/members", None, {OWNER, EDITOR, VIEWER}),
    "see statistics": ("GET", "tasks/projects/{p}/statistics", None, {OWNER, EDITOR, VIEWER}),
    "export": ("GET", "tasks/projects/{p}/export.csv", None, {OWNER, EDITOR, VIEWER}),
    "add a task": ("POST", "tasks/projects/{p}/tasks", {"title": "x"}, {OWNER, EDITOR}),
    "add many": ("POST", "tasks/projects/{p}/tasks/bulk", {"items": [{"title": "x"}]}, {OWNER, EDITOR}),
    "change a task": ("PATCH", "tasks/tasks/{t}", {"title": "y"}, {OWNER, EDITOR}),
    "move a task": ("PUT", "tasks/tasks/{t}/position", {"after": None}, {OWNER, EDITOR}),
    "delete a task": ("DELETE", "tasks/tasks/{t}", None, {OWNER, EDITOR}),
    "rename": ("PATCH", "tasks/projects/{p}", {"name": "y"}, {OWNER, EDITOR}),
    "share": ("POST", "tasks/projects/{p}/members", {"email": "{alan}", "role": "viewer"}, {OWNER}),
    "delete": ("DELETE", "tasks/projects/{p}", None, {OWNER}),
}


@pytest.mark.parametrize("what", ALLOWED)
@pytest.mark.parametrize("role", [OWNER, EDITOR, VIEWER, None])
def test_what_each_role_may_do(project, grace, alan, role, what):
    task = project.add()
    if role in (EDITOR, VIEWER):
        project.share(grace, role)
    person = project.ada if role == OWNER else grace
    method, path, body, allowed = ALLOWED[what]
    body = {**body, "email": alan.email} if body and "email" in body else body
    before = (project.changes(), json_of(project.ada.get(f"tasks/projects/{project.id}")))
    answer = person.request(method, path.format(p=project.id, t=task["id"]), match="*", **({"json": body} if body else {}))
    if role in allowed:
        assert answer.status_code in {200, 201, 204}, answer.text
        return
    refused = problem(answer, 404 if role is None else 403)
    if role is not None:
        assert (refused["code"], refused["role"], refused["needed"]) == (
            "role_too_low",
            role,
            "owner" if EDITOR not in allowed else "editor",
        )
    assert (project.changes(), json_of(project.ada.get(f"tasks/projects/{project.id}"))) == before


def test_members_are_listed_with_their_roles_which_the_owner_may_change(project, ada, grace):
    assert project.share(grace, "viewer")["role"] == "viewer"
    members = {m["name"]: m["role"] for m in json_of(ada.get(f"tasks/projects/{project.id}/members"))["items"]}
    assert members == {"Ada": "owner", "Grace": "viewer"}
    assert json_of(ada.put(f"tasks/projects/{project.id}/members/{grace.id}", {"role": "editor"}))["role"] == "editor"
    assert grace.post(project.tasks, {"title": "now I may"}).status_code == 201


def test_nobody_can_be_made_a_second_owner_and_the_owner_stays(project, ada, grace):
    problem(ada.post(f"tasks/projects/{project.id}/members", {"email": grace.email, "role": "owner"}), 422)
    problem(ada.put(f"tasks/projects/{project.id}/members/{ada.id}", {"role": "viewer"}), 409, "owner_stays")
    problem(ada.delete(f"tasks/projects/{project.id}/members/{ada.id}"), 409, "owner_stays")
    assert json_of(ada.get(f"tasks/projects/{project.id}"))["role"] == "owner"


def test_sharing_with_somebody_unknown_says_so(project, ada):
    problem(ada.post(f"tasks/projects/{project.id}/members", {"email": "nobody@example.com", "role": "viewer"}), 409, "nobody_there")
    assert len(json_of(ada.get(f"tasks/projects/{project.id}/members"))["items"]) == 1


def test_a_member_may_leave_but_not_remove_others(project, ada, grace, alan):
    project.share(grace, "editor")
    project.share(alan, "viewer")
    problem(grace.delete(f"tasks/projects/{project.id}/members/{alan.id}"), 403, "role_too_low")
    assert alan.delete(f"tasks/projects/{project.id}/members/{alan.id}").status_code == 204
    problem(alan.get(f"tasks/projects/{project.id}"), 404)
    assert len(json_of(ada.get(f"tasks/projects/{project.id}/members"))["items"]) == 2
    problem(ada.delete(f"tasks/projects/{project.id}/members/{alan.id}"), 404)


def test_who_leaves_is_assigned_to_nothing_any_more(project, ada, grace):
    project.share(grace, "editor")
    task = project.add(assignee_id=grace.id)
    other = project.add("Ada's own", assignee_id=ada.id)
    ada.delete(f"tasks/projects/{project.id}/members/{grace.id}")
    assert project.task(task["id"])["assignee_id"] is None
    assert project.task(other["id"])["assignee_id"] == ada.id
    assert project.changes()[-1]["changes"] == {"assignee_id": None, "before": {"assignee_id": grace.id}}


def test_when_a_person_is_deleted_their_projects_and_places_go(app, project, ada, grace):
    from app.access import SERVICE, acting_as
    from app.accounts import UserDeleted
    from app.db import unit_of_work
    from blueprints.tasks.listeners import forget

    theirs = json_of(grace.post("tasks/projects", {"name": "Grace's"}))["id"]
    project.share(grace, "editor")
    task = project.add(assignee_id=grace.id)
    with acting_as(SERVICE), unit_of_work():  # as the relay calls it
        forget(UserDeleted(user_id=uuid.UUID(grace.id)))
    problem(grace.get(f"tasks/projects/{theirs}"), 404)
    assert [m["name"] for m in json_of(ada.get(f"tasks/projects/{project.id}/members"))["items"]] == ["Ada"]
    left = project.task(task["id"])
    assert (left["title"], left["assignee_id"], left["version"]) == ("Paint the fence", None, 2)
    assert project.changes()[-1]["changes"] == {"assignee_id": None, "before": {"assignee_id": grace.id}}
