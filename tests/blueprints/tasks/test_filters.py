"""Lists of tasks and projects: every filter, every order, pages, and searching in words."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from app.access import Actor
from app.db import unit_of_work
from app.extensions import db
from app.web.query import NOT_FILTERS
from blueprints.tasks.models import Project, Task
from blueprints.tasks.schemas.projects import ProjectQuery
from blueprints.tasks.schemas.tasks import AnyTaskQuery, ChangeQuery, TaskQuery
from blueprints.tasks.service import tasks
from blueprints.tasks.service.history import CHANGES
from blueprints.tasks.service.projects import PROJECTS
from blueprints.tasks.service.tasks import TASKS
from tests.kit import json_of, problem

DAY = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)


@pytest.fixture
def three(project, ada, grace):
    """Tasks a, b and c that differ in everything."""
    project.share(grace, "editor")
    a = project.add("a", status="todo", priority=0, tags=["red", "big"], due_at="2026-03-01T00:00:00Z")
    b = json_of(grace.post(project.tasks, {"title": "b", "status": "doing", "priority": 2, "tags": ["blue"], "assignee_id": grace.id}))
    c = project.add(
        "c", status="done", priority=4, parent_id=a["id"], due_at="2026-05-01T00:00:00Z", due_zone="Europe/Prague", recurrence="FREQ=DAILY"
    )
    with unit_of_work():
        for n, task in enumerate((a, b, c)):
            moment = DAY + dt.timedelta(days=n)
            times = {"created_at": moment, "updated_at": moment, **({"completed_at": moment} if task is c else {})}
            db.session.execute(sa.update(Task).where(Task.id == task["id"]).values(times))
    return {"project": project.id, "a": a["id"], "b": b["id"], "c": c["id"], "ada": ada.id, "grace": grace.id}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=todo", "a"),
        ("status=doing", "b"),
        ("priority=4", "c"),
        ("priority=0", "a"),
        ("title=b", "b"),
        ("title=B", ""),
        ("assignee_id={grace}", "b"),
        ("created_by={grace}", "b"),
        ("created_by={ada}", "ac"),
        ("parent_id={a}", "c"),
        ("top=true", "ab"),
        ("top=false", "c"),
        ("tag=red", "a"),
        ("tag=re", ""),
        ("recurring=true", "c"),
        ("recurring=false", "ab"),
        ("recurrence=FREQ%3DDAILY", "c"),
        ("recurrence=FREQ%3DWEEKLY", ""),
        ("assigned=true", "b"),
        ("assigned=false", "ac"),
        ("dated=true", "ac"),
        ("dated=false", "b"),
        ("due_zone=Europe/Prague", "c"),
        ("due_before=2026-04-01T00:00:00Z", "a"),
        ("due_after=2026-03-01T00:00:00Z", "ac"),
        ("created_before=2026-03-11T12:00:00Z", "a"),
        ("created_after=2026-03-11T12:00:00Z", "bc"),
        ("updated_before=2026-03-12T12:00:00Z", "ab"),
        ("updated_after=2026-03-12T12:00:00Z", "c"),
        ("completed_before=2027-01-01T00:00:00Z", "c"),
        ("completed_after=2027-01-01T00:00:00Z", ""),
        ("deleted=true", ""),
        ("deleted=false", "abc"),
        ("q=b", "b"),
        ("status=done&priority=4&top=false&tag=none", ""),
        ("created_by={ada}&top=true", "a"),
    ],
)
def test_each_filter(project, ada, three, query, found):
    query = query.format(**three)
    assert "".join(sorted(project.titles(query))) == found
    everywhere = json_of(ada.get(f"tasks/tasks?{query}&project_id={project.id}"))["items"]
    assert "".join(sorted(item["title"] for item in everywhere)) == found


@pytest.fixture
def projects(ada, grace):
    """Ada's projects a and b, and c, which Grace shares with her; they differ in everything."""
    a = json_of(ada.post("tasks/projects", {"name": "a", "notes": "Paint the fence"}))["id"]
    b = json_of(ada.post("tasks/projects", {"name": "b", "notes": "two litres of milk"}))["id"]
    c = json_of(grace.post("tasks/projects", {"name": "c", "notes": "100% über"}))["id"]
    assert grace.post(f"tasks/projects/{c}/members", {"email": ada.email, "role": "viewer"}).status_code == 201
    gone = json_of(ada.post("tasks/projects", {"name": "d", "notes": "gone"}))["id"]
    assert ada.delete(f"tasks/projects/{gone}").status_code == 204
    with unit_of_work():
        for n, project in enumerate((a, b, c, gone)):
            moment = DAY + dt.timedelta(days=n)
            db.session.execute(sa.update(Project).where(Project.id == project).values(created_at=moment, updated_at=moment))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "abc"),
        ("deleted=true", "d"),
        ("deleted=false", "abc"),
        ("role=owner", "ab"),
        ("role=viewer", "c"),
        ("role=editor", ""),
        ("name=a", "a"),
        ("name=A", ""),
        ("name=gone", ""),
        ("created_before=2026-03-11T12:00:00Z", "a"),
        ("created_after=2026-03-11T12:00:00Z", "bc"),
        ("updated_before=2026-03-12T12:00:00Z", "ab"),
        ("updated_after=2026-03-12T12:00:00Z", "c"),
        ("created_after=2026-03-11T12:00:00Z&updated_before=2026-03-12T12:00:00Z", "b"),
        ("q=c", "c"),
        ("q=FENCE paint", "a"),
        ('q="litres of"', "b"),
        ('q="of litres"', ""),
        ("q=fence or milk", "ab"),
        ("q=milk -litres", ""),
        ("q=über", "c"),
        ("q=%25", ""),
        ("q=' or 1=1 --", ""),
        ("q=gone", ""),
        ("q=gone&deleted=true", "d"),
        ("q=milk&role=owner&name=b", "b"),
    ],
)
def test_each_filter_of_projects(ada, projects, query, found):
    assert "".join(sorted(item["name"] for item in json_of(ada.get(f"tasks/projects?{query}"))["items"])) == found


def tried(test):
    return {part.split("=")[0] for mark in test.pytestmark for query, _ in mark.args[1] for part in query.split("&") if part}


@pytest.mark.parametrize(
    ("schema", "search", "fixed", "test"),
    [
        (TaskQuery, TASKS, {"project_id"}, test_each_filter),
        (AnyTaskQuery, TASKS, set(), None),
        (ProjectQuery, PROJECTS, set(), test_each_filter_of_projects),
        (ChangeQuery, CHANGES, {"task_id"}, None),
    ],
)
def test_what_a_list_can_be_asked_is_what_its_document_says_and_is_tried_above(schema, search, fixed, test):
    declared = set(schema().fields) - NOT_FILTERS
    assert declared == set(search.filters) - fixed
    assert test is None or declared == tried(test)
    sorts = schema().fields.get("sort")
    assert {sort.removeprefix("-") for sort in (sorts.validate.choices if sorts else ())} == set(search.sorts)


def test_an_unknown_filter_or_a_value_out_of_its_range_is_refused(project, ada):
    for query in ("colour=red", "priority=9", "status=lost", "due_before=yesterday", "top=1", "limit=0", "limit=101", "sort=colour"):
        assert list(problem(ada.get(f"{project.tasks}?{query}"), 422)["errors"]) == [f"/query/{query.split('=')[0]}"]


SORTS = ["position", "due_at", "priority", "created_at", "updated_at", "title"]


@pytest.mark.parametrize("sort", [sign + name for name in SORTS for sign in ("", "-")])
def test_pages_show_every_task_once_in_order_while_others_come_and_go(project, ada, sort):
    stay = []
    for n in range(11):
        due = {"due_at": f"2026-0{n % 3 + 1}-01T00:00:00Z"} if n % 4 else {}
        stay.append(project.add(f"stays {n % 5}", priority=n % 3, **due)["id"])
    seen, cursor, new = [], None, 0
    while True:
        page = json_of(ada.get(f"{project.tasks}?limit=3&sort={sort}" + (f"&cursor={cursor}" if cursor else "")))
        seen += page["items"]
        assert len(page["items"]) <= 3
        gone = project.add(f"new {new}", priority=new % 5)
        ada.delete(f"tasks/tasks/{gone['id']}")
        project.add(f"newer {new}", priority=new % 5)
        new += 1
        cursor = page["next_cursor"]
        if cursor is None or new > 30:
            break
    ids = [item["id"] for item in seen]
    assert len(set(ids)) == len(ids)
    assert set(stay) <= set(ids)
    name = sort.removeprefix("-")
    keys = [(item[name] if item[name] is not None else "9999", item["id"]) for item in seen]
    assert keys == sorted(keys, reverse=sort.startswith("-"))


def test_a_cursor_belongs_to_its_list_and_order(project, ada):
    for n in range(4):
        project.add(str(n))
    cursor = json_of(ada.get(f"{project.tasks}?limit=2&sort=title"))["next_cursor"]
    problem(ada.get(f"{project.tasks}?limit=2&sort=-title&cursor={cursor}"), 404)
    problem(ada.get(f"tasks/projects?cursor={cursor}"), 404)
    assert [t["title"] for t in json_of(ada.get(f"{project.tasks}?limit=2&sort=title&cursor={cursor}"))["items"]] == ["2", "3"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("fence", ["Paint the fence"]),
        ("FENCE paint", ["Paint the fence"]),
        ('"the fence"', ["Paint the fence"]),
        ('"fence the"', []),
        ("fence or milk", ["Buy milk", "Paint the fence"]),
        ("milk -litres", []),
        ("litres", ["Buy milk"]),
        ("100%", ["Save 100% of it"]),
        ("%", []),
        ("_", []),
        ("' or 1=1 --", []),
        (":*", []),
        ("über", ["Über uns"]),
    ],
)
def test_words_are_searched_in_title_and_notes(project, ada, words, found):
    project.add("Paint the fence")
    project.add("Buy milk", notes="two litres")
    project.add("Save 100% of it")
    project.add("Über uns")
    answer = ada.get(project.tasks, query_string={"q": words, "sort": "title"})
    assert [t["title"] for t in json_of(answer)["items"]] == found


def test_a_stranger_finds_nothing_and_a_project_of_others_does_not_exist(project, grace):
    task = project.add("secret")
    assert json_of(grace.get("tasks/tasks?q=secret"))["items"] == []
    assert json_of(grace.get(f"tasks/tasks?project_id={project.id}"))["items"] == []
    problem(grace.get(project.tasks), 404, "no_such_project")
    problem(grace.get(f"tasks/tasks/{task['id']}/changes"), 404)


@pytest.mark.parametrize("sort", [sign + name for name in SORTS for sign in ("", "-")])
def test_the_tasks_of_all_projects_come_in_one_order_page_by_page(project, ada, grace, sort):
    other = json_of(ada.post("tasks/projects", {"name": "Other"}))["id"]
    theirs = json_of(grace.post("tasks/projects", {"name": "Theirs"}))["id"]
    grace.post(f"tasks/projects/{theirs}/tasks", {"title": "hidden"})
    for n in range(9):
        where = project.tasks if n % 3 else f"tasks/projects/{other}/tasks"
        due = {"due_at": f"2026-03-{n + 1:02}T00:00:00Z"} if n % 4 else {}
        ada.post(where, {"title": f"t{n * 7 % 9}", "priority": n % 5, **due})
    whole = json_of(ada.get(f"tasks/tasks?sort={sort}&limit=100"))["items"]
    assert len(whole) == 9
    name = sort.removeprefix("-")
    keys = [(task[name] or "9999", task["id"]) if name == "due_at" else (task[name], task["id"]) for task in whole]
    assert keys == sorted(keys, reverse=sort.startswith("-"))
    paged, cursor = [], ""
    while cursor is not None:
        page = json_of(ada.get(f"tasks/tasks?sort={sort}&limit=2{cursor and '&cursor=' + cursor}"))
        paged, cursor = paged + page["items"], page["next_cursor"]
    assert paged == whole


@pytest.mark.parametrize("sort", SORTS)
def test_no_order_reads_more_than_it_shows(app, project, sort):
    """With many tasks PostgreSQL walks the index of the order and reads a page of each project."""
    import json

    with unit_of_work():
        db.session.execute(
            sa.text(
                "insert into tasks_task (id, project_id, title, notes, status, priority, tags, position, due_at)"
                " select gen_random_uuid(), p, md5(g::text), '', 'todo', g % 5, '{}', md5(g::text), now() + g * interval '1 minute'"
                " from generate_series(1, 4000) g, (select cast(:p as uuid) p) x"
            ),
            {"p": project.id},
        )
        db.session.execute(sa.text("analyze tasks_task"))
    listing = tasks.search({}, sort, by=Actor(uuid.UUID(project.ada.id)))
    select, _ = listing.search.select(listing.shape(after=False, limited=True))
    text = select.compile(dialect=db.engine.dialect, compile_kwargs={"render_postcompile": True})
    values = {**text.params, "user_id": project.ada.id, "_limit": 21}
    (plan,) = db.session.connection().exec_driver_sql(f"explain (analyze, format json) {text}", values).scalar()
    read = [node["Actual Rows"] for node in nodes(plan["Plan"]) if node.get("Relation Name") == "tasks_task"]
    assert max(read) <= 21, json.dumps(plan, indent=1)


def nodes(plan):
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)
