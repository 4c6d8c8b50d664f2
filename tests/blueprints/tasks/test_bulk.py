"""Many tasks in one request: all or nothing, or each by itself."""

import pytest

from tests.kit import json_of, problem


def results(answer):
    assert answer.status_code == 200, answer.text
    return [(r["status"], (r["problem"] or {}).get("code")) for r in json_of(answer)["results"]]


def test_all_are_added_in_order(project, ada):
    answer = ada.post(f"{project.tasks}/bulk", {"items": [{"title": str(n)} for n in range(5)]})
    assert results(answer) == [(201, None)] * 5
    assert [r["index"] for r in json_of(answer)["results"]] == [0, 1, 2, 3, 4]
    assert project.titles() == ["0", "1", "2", "3", "4"]
    assert [project.task(r["id"])["title"] for r in json_of(answer)["results"]] == ["0", "1", "2", "3", "4"]


def test_one_wrong_item_of_all_or_nothing_leaves_nothing(project, ada, grace):
    items = [{"title": "good"}, {"title": "bad", "assignee_id": grace.id}, {"title": "good too"}]
    refused = problem(ada.post(f"{project.tasks}/bulk", {"items": items}), 409, "bulk_refused")
    assert refused["errors"] == {"/items/1/assignee_id": "Not a member of this project."}
    assert project.titles() == []
    assert project.changes() == []


def test_each_by_itself_keeps_the_good_ones(project, ada, grace):
    items = [{"title": "good"}, {"title": "bad", "assignee_id": grace.id}, {"title": "good too"}]
    answer = ada.post(f"{project.tasks}/bulk", {"mode": "each", "items": items})
    assert results(answer) == [(201, None), (409, "assignee_not_member"), (201, None)]
    assert project.titles() == ["good", "good too"]
    assert [c["sequence"] for c in project.changes()] == [1, 2]


def test_an_item_that_is_not_a_task_refuses_all_or_nothing(project, ada):
    items = [{"title": "x"}, {"title": ""}, {"title": "y", "priority": 9}]
    for mode in ({}, {"mode": "atomic"}):
        refused = problem(ada.post(f"{project.tasks}/bulk", {**mode, "items": items}), 422, "unprocessable")
        assert list(refused["errors"]) == ["/items/1/title", "/items/2/priority"]
    assert project.titles() == []


def test_an_item_that_is_not_a_task_refuses_itself_alone_when_each_is_by_itself(project, ada):
    items = [{"title": "good"}, {"title": "", "priority": 9}, {}, {"title": "good too", "colour": "red"}, {"title": "good too"}]
    answer = ada.post(f"{project.tasks}/bulk", {"mode": "each", "items": items})
    assert results(answer) == [(201, None), *[(422, "unprocessable")] * 3, (201, None)]
    problems = [result["problem"] for result in json_of(answer)["results"]]
    assert [sorted(found["errors"]) for found in problems if found] == [["/priority", "/title"], ["/title"], ["/colour"]]
    assert project.titles() == ["good", "good too"]
    assert [change["sequence"] for change in project.changes()] == [1, 2]


def test_changes_and_deletions_that_are_none_refuse_themselves_alone(project, ada):
    a, b = project.add("a"), project.add("b")
    items = [{"id": a["id"], "title": "A"}, {"id": b["id"], "title": ""}, {"title": "x"}, {"id": "b"}, {"id": b["id"], "version": "1"}]
    answer = ada.patch(f"{project.tasks}/bulk", {"mode": "each", "items": items}, match=None)
    assert results(answer) == [(200, None), *[(422, "unprocessable")] * 4]
    assert project.titles() == ["A", "b"]
    problem(ada.patch(f"{project.tasks}/bulk", {"items": items}, match=None), 422, "unprocessable")
    items = [{"id": a["id"]}, {"id": b["id"], "title": "B"}, {}]
    problem(ada.post(f"{project.tasks}/bulk/deletion", {"items": items}), 422, "unprocessable")
    assert project.titles() == ["A", "b"]
    answer = ada.post(f"{project.tasks}/bulk/deletion", {"mode": "each", "items": items})
    assert results(answer) == [(204, None), *[(422, "unprocessable")] * 2]
    assert project.titles() == ["b"]


@pytest.mark.parametrize(
    "item",
    [{"title": {}}, {"title": [[]]}, {"title": [1]}, {"title": "x" * 100_001}, {"title": 1e300}, {"title": ["x" * 100_001]}],
)
def test_an_item_of_more_than_plain_values_refuses_the_request(project, ada, item):
    refused = problem(ada.post(f"{project.tasks}/bulk", {"mode": "each", "items": [{"title": "x"}, item]}), 422)
    assert refused["errors"] == {"/items/1/title": "Must be text, a number, true, false, null or a list of texts."}
    assert project.titles() == []


@pytest.mark.parametrize("title", [5, 1.5, True, None, [], ["a"], "", "x" * 501])
def test_a_plain_value_of_the_wrong_kind_refuses_its_item(project, ada, title):
    answer = ada.post(f"{project.tasks}/bulk", {"mode": "each", "items": [{"title": title}, {"title": "good"}]})
    assert results(answer) == [(422, "unprocessable"), (201, None)]
    assert list(json_of(answer)["results"][0]["problem"]["errors"]) == ["/title"]
    assert project.titles() == ["good"]


@pytest.mark.parametrize("mode", ["atomic", "each"])
def test_a_request_that_is_none_is_refused_whatever_its_mode(project, ada, mode):
    for body in (
        {"items": []},
        {"items": [{"title": "x"}] * 201},
        {"items": [{"title": "x"}, 5]},
        {"items": {}},
        {},
        {"items": [{"title": "x"}], "x": 1},
    ):
        problem(ada.post(f"{project.tasks}/bulk", {"mode": mode, **body}), 422, "unprocessable")
    wrong = problem(ada.post(f"{project.tasks}/bulk", {"mode": "some", "items": [{"title": "x"}]}), 422)
    assert wrong["errors"] == {"/mode": "Must be one of: atomic, each."}
    assert project.titles() == []


def test_the_document_tells_the_modes_apart(app, client):
    document = json_of(client.get("/openapi.json"))
    components = document["components"]["schemas"]
    paths = {"BulkCreate": ("", "post"), "BulkUpdate": ("", "patch"), "BulkDelete": ("/deletion", "post")}
    for name, (path, method) in paths.items():
        operation = document["paths"][f"/api/v1/tasks/projects/{{project_id}}/tasks/bulk{path}"][method]
        assert operation["requestBody"]["content"]["application/json"]["schema"] == {
            "oneOf": [{"$ref": f"#/components/schemas/{name}"}, {"$ref": f"#/components/schemas/{name}Each"}]
        }
        together, each = components[name], components[f"{name}Each"]
        assert (together["properties"]["mode"]["enum"], each["properties"]["mode"]["enum"]) == (["atomic"], ["each"])
        assert (together["required"], each["required"]) == (["items"], ["items", "mode"])
        item = together["properties"]["items"]["items"]
        assert item["$ref"].removeprefix("#/components/schemas/") in components
        assert each["properties"]["items"]["items"]["anyOf"] == [item, {"type": "object"}]


def test_many_are_changed_each_at_its_version(project, ada):
    a, b = project.add("a"), project.add("b")
    ada.patch(f"tasks/tasks/{b['id']}", {"priority": 1})
    items = [{"id": a["id"], "version": 1, "title": "A"}, {"id": b["id"], "version": 1, "title": "B"}]
    problem(ada.patch(f"{project.tasks}/bulk", {"items": items}, match=None), 409, "bulk_refused")
    assert project.titles() == ["a", "b"]
    answer = ada.patch(f"{project.tasks}/bulk", {"mode": "each", "items": items}, match=None)
    assert results(answer) == [(200, None), (412, "precondition_failed")]
    assert project.titles() == ["A", "b"]
    items[1].pop("version")
    assert results(ada.patch(f"{project.tasks}/bulk", {"items": items[1:]}, match=None)) == [(200, None)]
    assert project.titles() == ["A", "B"]


def test_tasks_of_another_project_are_not_reached_through_this_one(project, ada, grace):
    other = json_of(ada.post("tasks/projects", {"name": "Other"}))["id"]
    mine = json_of(ada.post(f"tasks/projects/{other}/tasks", {"title": "mine"}))
    theirs_project = json_of(grace.post("tasks/projects", {"name": "Theirs"}))["id"]
    theirs = json_of(grace.post(f"tasks/projects/{theirs_project}/tasks", {"title": "theirs"}))
    items = [{"id": mine["id"], "title": "x"}, {"id": theirs["id"], "title": "x"}]
    answer = ada.patch(f"{project.tasks}/bulk", {"mode": "each", "items": items}, match=None)
    assert results(answer) == [(404, "no_such_task")] * 2
    deletion = ada.post(f"{project.tasks}/bulk/deletion", {"mode": "each", "items": [{"id": mine["id"]}, {"id": theirs["id"]}]})
    assert results(deletion) == [(404, "no_such_task")] * 2
    assert project.task(mine["id"]) == mine
    assert json_of(grace.get(f"tasks/tasks/{theirs['id']}")) == theirs


def test_many_are_deleted_and_can_be_restored(project, ada):
    a, b, c = (project.add(title) for title in "abc")
    problem(ada.post(f"{project.tasks}/bulk/deletion", {"items": [{"id": a["id"]}, {"id": b["id"], "version": 9}]}), 409)
    assert project.titles() == ["a", "b", "c"]
    assert (
        results(ada.post(f"{project.tasks}/bulk/deletion", {"items": [{"id": a["id"]}, {"id": b["id"], "version": 1}]}))
        == [(204, None)] * 2
    )
    assert project.titles() == ["c"]
    ada.post(f"tasks/tasks/{a['id']}/restoration")
    assert project.titles() == ["a", "c"]
    assert c["version"] == 1


def test_a_replayed_key_adds_nothing_more(project, ada):
    body, headers = {"items": [{"title": "once"}]}, {"Idempotency-Key": "bulk-1"}
    first, again = (ada.post(f"{project.tasks}/bulk", body, headers=headers) for _ in range(2))
    assert json_of(first) == json_of(again)
    assert project.titles() == ["once"]


def test_a_sub_task_that_is_named_with_its_task_is_deleted_once_and_comes_back_with_it(project, ada):
    top = project.add("top")
    under, other = project.add("under", parent_id=top["id"]), project.add("other", parent_id=top["id"])
    for items in ([top, under], [under, top]):
        answer = ada.post(f"{project.tasks}/bulk/deletion", {"items": [{"id": task["id"]} for task in items]})
        assert results(answer) == [(204, None)] * 2
        assert project.titles() == []
        ada.post(f"tasks/tasks/{top['id']}/restoration")
        assert sorted(project.titles()) == ["other", "top", "under"]
    assert project.task(other["id"])["version"] == 5
