"""CSV out and in again."""

import csv
import io

import pytest

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
]


def export(project):
    answer = project.ada.get(f"tasks/projects/{project.id}/export.csv")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return answer.get_data(as_text=True)


def import_(project, text, **options):
    headers = {"Content-Type": "text/csv"}
    return project.ada.request("POST", f"tasks/projects/{project.id}/import", data=text.encode(), headers=headers, **options)


def test_what_is_exported_can_be_imported_again(project, ada):
    for given in AWKWARD:
        project.add(**given)
    text = export(project)
    other = type(project)(ada, json_of(ada.post("tasks/projects", {"name": "Copy"}))["id"])
    assert json_of(import_(other, text)) == {"created": 5, "errors": []}
    names = ("title", "notes", "status", "priority", "due_at", "due_zone", "tags", "recurrence")

    def told(one):
        return [{n: t[n] for n in names} for t in json_of(ada.get(one.tasks))["items"]]

    assert told(other) == told(project)


def test_no_cell_runs_as_a_formula(project):
    for given in AWKWARD:
        project.add(**given)
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
