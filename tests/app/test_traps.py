"""What naive APIs answer with a 500, or worse, store. Every one is a problem document, and nothing changes."""

import json

import pytest

from tests.kit import json_of, problem

HUGE = ["2147483648", "9223372036854775808", "99999999999999999999999", "-9223372036854775809"]


@pytest.fixture
def project(ada):
    return json_of(ada.post("tasks/projects", {"name": "Traps"}))


@pytest.fixture
def tasks(project):
    return f"tasks/projects/{project['id']}/tasks"


def raw(person, path, body, content_type="application/json", method="POST"):
    return person.request(method, path, data=body, headers={"Content-Type": content_type})


def nothing_was_added(ada, tasks):
    assert json_of(ada.get(tasks))["items"] == []


@pytest.mark.parametrize("number", HUGE)
def test_integers_beyond_their_column_are_refused_in_bodies(ada, tasks, number):
    problem(raw(ada, tasks, b'{"title": "x", "priority": %s}' % number.encode()), 422)
    nothing_was_added(ada, tasks)


@pytest.mark.parametrize("number", HUGE)
def test_integers_beyond_their_column_are_refused_in_queries(ada, tasks, number):
    problem(ada.get(f"{tasks}?priority={number}"), 422)
    problem(ada.get(f"{tasks}?limit={number}"), 422)


@pytest.mark.parametrize("number", HUGE)
def test_numbers_in_the_place_of_an_id_lead_nowhere(ada, number):
    problem(ada.get(f"tasks/tasks/{number}"), 404)


@pytest.mark.parametrize(
    "body",
    [
        b'{"title": "a\\u0000b"}',
        b'{"title": "\\ud800"}',
        b'{"title\\u0000": "x"}',
        b'{"title": NaN}',
        b'{"title": "x", "priority": Infinity}',
        b'{"title": "x", "priority": ' + b"9" * 5000 + b"}",
        b'{"title": "x", "priority": 1e999}',
        b'{"title": ' + b"[" * 70 + b"]" * 70 + b"}",
        b'{"title": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"title": "x", "title": "y"}',
        b'{"title": "\xff"}',
        b"",
        b"{",
        b"nonsense",
    ],
    ids=lambda body: repr(body[:30]),
)
def test_bodies_that_are_no_strict_json_are_bad_requests(ada, tasks, body):
    problem(raw(ada, tasks, body), 400, "bad_request")
    nothing_was_added(ada, tasks)


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"1", b"null", b"true"])
def test_bodies_that_are_no_objects_are_unprocessable(ada, tasks, body):
    problem(raw(ada, tasks, body), 422)
    nothing_was_added(ada, tasks)


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/json; charset=latin-1", ""])
def test_other_media_types_are_refused_with_the_one_that_is_taken(ada, tasks, media_type):
    answer = raw(ada, tasks, b'{"title": "x"}', media_type)
    problem(answer, 415)
    assert answer.headers["Accept-Post"] == "application/json"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("title", "x" * 501),
        ("title", ""),
        ("title", 1),
        ("title", None),
        ("notes", "x" * 20_001),
        ("priority", True),
        ("priority", "1"),
        ("priority", 1.5),
        ("priority", 5),
        ("status", "finished"),
        ("due_at", "9999-12-31T23:59:59-23:59"),
        ("due_at", "0001-01-01T00:00:00+23:59"),
        ("due_at", "2026-02-30T00:00:00Z"),
        ("due_at", "2026-01-01T00:00:00"),
        ("due_at", "2026-01-01"),
        ("due_at", 1),
        ("due_zone", "Mars/Olympus"),
        ("tags", ["a", "a"]),
        ("tags", ["x"] * 21),
        ("tags", "a"),
        ("assignee_id", "me"),
        ("recurrence", "FREQ=SECONDLY"),
        ("unknown", 1),
    ],
)
def test_values_outside_of_what_is_documented_are_unprocessable_with_a_pointer(ada, tasks, member, value):
    found = problem(ada.post(tasks, {"title": "x"} | {member: value}), 422, "unprocessable")
    assert any(pointer.startswith(f"/{member}") for pointer in found["errors"])
    nothing_was_added(ada, tasks)


@pytest.mark.parametrize("value", ["yes", "0", "1", "True", ""])
def test_booleans_in_queries_are_true_or_false_only(ada, tasks, value):
    problem(ada.get(f"{tasks}?deleted={value}"), 422)


@pytest.mark.parametrize(
    "query", ["nul=%00", "q=%00", "unknown=1", "status=todo&status=done", "sort=secret", "limit=0", "limit=101", "due_before=now"]
)
def test_query_strings_outside_of_what_is_documented_are_unprocessable(ada, tasks, query):
    problem(ada.get(f"{tasks}?{query}"), 422)


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", "%%%", "a & b | !", "((", ":*", "<->"])
def test_wildcards_and_operators_in_a_search_are_just_text(ada, tasks, text):
    ada.post(tasks, {"title": "milk"})
    answer = ada.get(tasks, query_string={"q": text})
    assert answer.status_code == 200
    assert ([item["title"] for item in json_of(answer)["items"]] in ([], ["milk"]) and text != "%") or json_of(answer)["items"] == []


@pytest.mark.parametrize(
    ("cursor", "status"), [("x", 404), ("AAAA", 404), ("A" * 6000, 404), ("A" * 6001, 422), ("..", 422), ("%00", 422), ("é", 422)]
)
def test_cursors_of_ones_own_making_lead_nowhere(ada, tasks, cursor, status):
    problem(ada.get(tasks, query_string={"cursor": cursor}), status)


def test_a_cursor_is_good_for_its_own_list_and_order_only(ada, tasks):
    for n in range(3):
        ada.post(tasks, {"title": str(n)})
    cursor = json_of(ada.get(f"{tasks}?limit=1"))["next_cursor"]
    problem(ada.get(f"{tasks}?sort=-priority&cursor={cursor}"), 404, "no_such_page")
    problem(ada.get(f"tasks/projects?cursor={cursor}"), 404, "no_such_page")


@pytest.mark.parametrize("tag", ["1", "W/1", '"1', "*,*", '"' + "x" * 200 + '"'])
def test_malformed_if_match_is_a_bad_request(ada, tasks, tag):
    task = json_of(ada.post(tasks, {"title": "x"}))
    problem(ada.patch(f"tasks/tasks/{task['id']}", {"title": "y"}, match=tag), 400)


def test_a_change_without_if_match_must_say_which_version(ada, tasks):
    task = json_of(ada.post(tasks, {"title": "x"}))
    problem(ada.patch(f"tasks/tasks/{task['id']}", {"title": "y"}, match=None), 428, "precondition_required")
    problem(ada.delete(f"tasks/tasks/{task['id']}", match='W/"1"'), 412)
    assert json_of(ada.get(f"tasks/tasks/{task['id']}"))["title"] == "x"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer a.b.c",
        "Basic YTpi",
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "Bearer z2h_pat_x",
        "Bearer é",
        "bearer " + "x" * 5000,
    ],
)
def test_malformed_tokens_are_401_with_a_challenge(client, header):
    answer = client.get("/api/v1/accounts/me", headers={"Authorization": header.encode("utf-8").decode("latin-1")})
    problem(answer, 401, "invalid_token")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_no_token_is_401(client):
    answer = client.get("/api/v1/accounts/me")
    problem(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_oversized_body_is_413(ada, tasks):
    problem(raw(ada, tasks, b'{"title": "' + b"x" * 1_000_001 + b'"}'), 413)


def test_a_method_that_is_not_there_is_405_with_allow(client):
    answer = client.delete("/api/v1/meta")
    problem(answer, 405)
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/", "/api/v1/tasks/tasks/x%00y", "/%ff", "/console/none/x.js"])
def test_paths_that_are_not_there_are_404_and_never_html(client, path):
    problem(client.get(path), 404, "not_found")


def test_an_unexpected_error_tells_nothing_about_itself(app, client, monkeypatch):
    def burst(*_args, **_kwargs):
        raise RuntimeError("password=hunter2 in /etc/secrets")

    monkeypatch.setitem(app.view_functions, "meta.get_meta", burst)
    answer = client.get("/api/v1/meta")
    problem(answer, 500, "internal_error")
    assert b"hunter2" not in answer.data


def test_every_answer_carries_the_request_id(client):
    assert client.get("/livez", headers={"X-Request-ID": "abc-123-xyz"}).headers["X-Request-ID"] == "abc-123-xyz"
    assert client.get("/livez", headers={"X-Request-ID": "<script>"}).headers["X-Request-ID"] != "<script>"
    found = problem(client.get("/api/v1/nothing", headers={"X-Request-ID": "abc-123-xyz"}), 404)
    assert found["request_id"] == "abc-123-xyz"


def test_security_headers_are_on_every_answer(client):
    answer = client.get("/api/v1/meta")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "Access-Control-Allow-Origin" not in client.get("/api/v1/meta", headers={"Origin": "https://evil.example"}).headers


def test_the_document_names_every_route_of_the_api(app, client):
    document = json.loads(client.get("/openapi.json").data)
    routes = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")}
    assert len(document["paths"]) == len(routes)
    assert document["openapi"] == "3.1.0"
    for operations in document["paths"].values():
        for method in operations.keys() & {"get", "post", "put", "patch", "delete"}:
            assert operations[method]["operationId"]
            assert "429" in operations[method]["responses"]
