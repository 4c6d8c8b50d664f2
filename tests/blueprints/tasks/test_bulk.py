"""Many tasks in one request: all or nothing, or each by itself."""

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


def test_an_item_that_is_not_a_task_refuses_the_whole_request(project, ada):
    refused = problem(ada.post(f"{project.tasks}/bulk", {"mode": "each", "items": [{"title": "x"}, {"title": ""}]}), 422)
    assert list(refused["errors"]) == ["/items/1/title"]
    problem(ada.post(f"{project.tasks}/bulk", {"items": []}), 422)
    problem(ada.post(f"{project.tasks}/bulk", {"items": [{"title": "x"}] * 201}), 422)
    assert project.titles() == []


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
