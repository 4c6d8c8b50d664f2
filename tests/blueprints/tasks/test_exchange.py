"""CSV out and in again."""

import csv
import io

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from blueprints.tasks.schemas.tasks import TAG
from tests.kit import json_of, problem

AWKWARD = [
    {"title": 'Quotes "and", commas', "notes": "two\r\nlines\nand a third", "tags": ["a", "b c"]},
    {"title": "=HYPERLINK(1)", "notes": "+1", "priority": 4},
    {"title": "-minus", "notes": "@at"},
    {
        "title": "Ünïcode 🎈",
        "status": "done",
        "due_at": "2026-03-01T09:30:00+00:00",
        "due_zone": "Europe/Berlin",
        "recurrence": "FREQ=DAILY",
    },
    {"title": "'quoted already"},
    {"title": "'=x"},
    {"title": "''=x", "notes": "'+'"},
    {"title": "'"},
]


def export(project):
    answer = project.ada.get(f"tasks/projects/{project.id}/export.csv")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return answer.get_data(as_text=True)


def import_(project, text, **options):
    headers = {"Content-Type": "text/csv"}
    return project.ada.request("POST", f"tasks/projects/{project.id}/import", data=text.encode(), headers=headers, **options)


NAMES = ("title", "notes", "status", "priority", "due_at", "due_zone", "tags", "recurrence", "assignee_id")


def told(project):
    """The tasks in their order, by value; those above them by title."""
    tasks = json_of(project.ada.get(f"{project.tasks}?limit=100"))["items"]
    titles = {task["id"]: task["title"] for task in tasks} | {None: None}
    return [{**{name: task[name] for name in NAMES}, "parent": titles[task["parent_id"]]} for task in tasks]


def another(project, name="Copy"):
    return type(project)(project.ada, json_of(project.ada.post("tasks/projects", {"name": name}))["id"])


def test_what_is_exported_can_be_imported_again(project, ada, grace):
    project.share(grace, "editor")
    copy = another(project)
    copy.share(grace, "viewer")
    ids = [project.add(**values)["id"] for values in AWKWARD]
    project.add("mine", assignee_id=ada.id, parent_id=ids[1])
    project.add("hers", assignee_id=grace.id, parent_id=ids[0])
    assert json_of(import_(copy, export(project))) == {"created": 10, "errors": []}
    assert told(copy) == told(project)


def test_sub_tasks_that_come_before_their_task_follow_it(project, ada):
    first = project.add("first")
    under = project.add("under", parent_id=first["id"])
    project.add("last")
    assert ada.put(f"tasks/tasks/{under['id']}/position", {"after": None}).status_code == 200
    assert project.titles() == ["under", "first", "last"]
    copy = another(project)
    assert json_of(import_(copy, export(project))) == {"created": 3, "errors": []}
    assert [(task["title"], task["parent"]) for task in told(copy)] == [("first", None), ("under", "first"), ("last", None)]


_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
_tricky = st.lists(st.sampled_from(["'", "=", "+", "-", "@", "\t", "\r", "\n", '"', ",", ";", " ", "\u00a0", "＝", "a"]), max_size=6).map(
    "".join
)
_tasks = st.fixed_dictionaries(
    {"title": (_text | _tricky).filter(bool)},
    optional={
        "notes": _text | _tricky,
        "status": st.sampled_from(["todo", "doing", "done"]),
        "priority": st.integers(0, 4),
        "tags": st.lists(st.from_regex(TAG, fullmatch=True).filter(lambda tag: len(tag) <= 50), max_size=4, unique=True),
        "due_at": st.sampled_from(["0001-01-01T00:00:00Z", "2026-03-29T01:30:00.123456+01:00", "9999-12-31T23:59:59Z"]),
        "due_zone": st.sampled_from(["UTC", "America/Port-au-Prince"]),
        "recurrence": st.sampled_from(["FREQ=DAILY", "FREQ=MONTHLY;BYDAY=-1FR,2MO;COUNT=3"]),
    },
)


@given(st.lists(_tasks, min_size=1, max_size=5))
@example([{"title": "'=x"}, {"title": "''=x", "notes": "'"}, {"title": "=x", "notes": "''+1"}, {"title": " ", "tags": ["'=a", "a\u00a0"]}])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_value_survives_the_way_out_and_in(project, drawn):
    one, two = another(project, "One"), another(project, "Two")
    for values in drawn:
        one.add(**values)
    text = export(one)
    assert json_of(import_(two, text)) == {"created": len(drawn), "errors": []}
    assert told(two) == told(one)
    for cells in csv.reader(io.StringIO(text, newline="")):
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))]


def test_no_cell_runs_as_a_formula(project):
    for values in AWKWARD:
        project.add(**values)
    for row in csv.reader(io.StringIO(export(project))):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_wrong_rows_are_reported_and_the_others_kept(project):
    text = "title,priority,status,due_at,tags\nGood,1,todo,,a;b\n,1,todo,,\nBad,9,lost,tomorrow,\nShort\nGood too,,,,\n"
    report = json_of(import_(project, text))
    assert report["created"] == 2
    assert [(e["row"], sorted(e["errors"])) for e in report["errors"]] == [
        (3, ["/title"]),
        (4, ["/due_at", "/priority", "/status"]),
        (5, [""]),
    ]
    assert project.titles() == ["Good", "Good too"]
    assert json_of(project.ada.get(f"{project.tasks}?title=Good"))["items"][0]["tags"] == ["a", "b"]


@pytest.mark.parametrize("text", ["name,colour\nx,y\n", "priority\n1\n", "\n"])
def test_a_first_row_that_names_no_columns_of_ours_adds_nothing(project, text):
    report = import_(project, text)
    assert project.titles() == []
    if report.status_code == 200:
        assert (json_of(report)["created"], json_of(report)["errors"][0]["row"]) == (0, 1)
    else:
        problem(report, 422)


def test_a_file_that_is_broken_halfway_keeps_what_came_before(project):
    report = json_of(import_(project, 'title\nGood\n"open quote\n'))
    assert report["created"] == 1
    assert [e["row"] for e in report["errors"]] == [3]
    assert project.titles() == ["Good"]


def test_other_bodies_are_refused(project, ada):
    path = f"tasks/projects/{project.id}/import"
    problem(ada.post(path, {"title": "json"}), 415)
    problem(ada.request("POST", path, data=b"title\n\xff\xfe\n", headers={"Content-Type": "text/csv"}), 400)
    assert project.titles() == []


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(project):
    assert json_of(import_(project, "\ufefftitle,notes\r\nOne,x\r\n"))["created"] == 1
    assert project.titles() == ["One"]


def test_a_parent_is_a_row_above_or_a_task_of_the_project(project, ada):
    there = project.add("there")
    text = f"id,title,parent\n1,one,\nx,two,1\n,three,{there['id']}\n1,one again,\n,four,1\n"
    assert json_of(import_(project, text)) == {"created": 5, "errors": []}
    assert [(task["title"], task["parent"]) for task in told(project)] == [
        ("there", None),
        ("one", None),
        ("two", "one"),
        ("three", "there"),
        ("one again", None),
        ("four", "one again"),
    ]


def test_a_parent_that_is_none_is_refused_with_its_column(project, ada, grace):
    stranger = json_of(grace.post("tasks/projects", {"name": "Hers"}))["id"]
    hers = json_of(grace.post(f"tasks/projects/{stranger}/tasks", {"title": "hers"}))["id"]
    mine = another(project).add("of another project")["id"]
    text = f"id,parent,title\n1,,\n2,1,under a row that was refused\n3,4,before\n4,,after\n5,5,itself\n6,4,under\n7,6,too deep\n,{hers},x\n,{mine},x\n"
    report = json_of(import_(project, text))
    assert report["created"] == 2
    assert [(error["row"], list(error["errors"])) for error in report["errors"]] == [
        (2, ["/title"]),
        *((line, ["/parent"]) for line in (3, 4, 6, 8, 9, 10)),
    ]
    assert project.titles() == ["after", "under"]


def test_an_assignee_is_a_member_by_address(project, ada, grace, alan):
    project.share(grace, "viewer")
    text = f"title,assignee,due_at\na,{grace.email.upper()},\nb,{alan.email},\nc,nobody@example.com,soon\nd,me,\ne,,\n"
    report = json_of(import_(project, text))
    assert [(error["row"], sorted(error["errors"])) for error in report["errors"]] == [
        (3, ["/assignee"]),
        (4, ["/assignee", "/due_at"]),
        (5, ["/assignee"]),
    ]
    # Whether somebody has an account is nobody's business.
    assert len({error["errors"]["/assignee"] for error in report["errors"]}) == 1
    assert [(task["title"], task["assignee_id"]) for task in told(project)] == [("a", grace.id), ("e", None)]


def test_rows_are_named_by_the_line_on_which_they_begin(project):
    text = 'title,priority\n\nGood,1\n\r\n"two\nlines",9\nBad,8\n"open'
    report = json_of(import_(project, text))
    assert (report["created"], [error["row"] for error in report["errors"]]) == (1, [5, 7, 8])


def test_a_column_that_is_named_twice_adds_nothing(project):
    report = json_of(import_(project, "title,notes,title\na,b,c\n"))
    assert (report["created"], [error["row"] for error in report["errors"]]) == (0, [1])
    assert project.titles() == []


def test_at_most_five_thousand_rows_are_read(project, monkeypatch):
    monkeypatch.setattr("blueprints.tasks.service.exchange.sheet.MOST_ROWS", 2)
    report = json_of(import_(project, "title\na\n\n\nb\nc\nd\n"))
    assert (report["created"], [error["row"] for error in report["errors"]]) == (2, [6])
    assert project.titles() == ["a", "b"]


@pytest.mark.parametrize("tag", ["a ", " a", " ", "a;b", "a,b", "a\nb"])
def test_what_a_cell_of_tags_could_not_tell_is_no_tag(project, ada, tag):
    assert list(problem(ada.post(project.tasks, {"title": "x", "tags": ["a", tag]}), 422)["errors"]) == ["/tags/1"]
    assert project.add(tags=["a", "a b", "\u00a0"])["tags"] == ["a", "a b", "\u00a0"]
