"""The short way to our routes gives what Flask's plain way gives."""

import json
import re
import uuid

import flask
import pytest
from flask import Flask, Response, g, request, url_for

from app.observe.middleware import Observed
from app.web.dispatch import Dispatch

VARYING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+\+00:00|[0-9a-f]{24}"
    r"""|(?<="position":")\w+|(?<="next_cursor":")[\w.-]+|W/"[0-9a-f]+\""""
)
ELSEWHERE = "01234567-89ab-7cde-8f01-23456789abcd"


@pytest.fixture
def both(app):
    """(the short way, the plain way) as clients of the same app."""
    short = app.wsgi_app
    assert isinstance(short, Observed)
    dispatch = short._wsgi
    assert isinstance(dispatch, Dispatch)
    plain = Observed(dispatch._plain)

    def client_of(wsgi):
        from werkzeug.test import Client

        return Client(wsgi)

    return client_of(short), client_of(plain), dispatch


def answer(client, method, path, **options):
    got = client.open(path, method=method, **options)
    headers = sorted((k, VARYING.sub("~", v)) for k, v in got.headers if k not in {"RateLimit", "ETag"} or got.status_code != 201)
    body = VARYING.sub("~", got.get_data(as_text=True))
    got.close()
    return got.status, headers, body


def requests_about(project, task):
    tasks = f"/api/v1/tasks/projects/{project}/tasks"
    one = f"/api/v1/tasks/tasks/{task}"
    yield from [
        ("GET", one, {}),
        ("GET", one.upper().replace("/API/V1/TASKS/TASKS", "/api/v1/tasks/tasks"), {}),
        ("GET", one + "/", {}),
        ("GET", one + "?unknown=1", {}),
        ("GET", one, {"headers": {"If-None-Match": "*"}}),
        ("HEAD", one, {}),
        ("OPTIONS", one, {}),
        ("PUT", one, {}),
        ("GET", f"/api/v1/tasks/tasks/{ELSEWHERE}", {}),
        ("GET", "/api/v1/tasks/tasks/not-a-uuid", {}),
        ("GET", one.replace("-", ""), {}),
        ("GET", one[:-1] + "%C3%A9", {}),
        ("GET", one, {"headers": {"Host": "exa mple/"}}),
        ("GET", one, {"headers": {"Host": "api.example.com:8443"}}),
        ("GET", one, {"environ_overrides": {"SCRIPT_NAME": "/mounted"}}),
        ("GET", "/api/v1//tasks/tasks", {}),
        ("GET", tasks, {}),
        ("GET", tasks + "?limit=2&sort=-title", {}),
        ("GET", tasks + "?limit=0", {}),
        ("GET", tasks + "?cursor=nonsense", {}),
        ("POST", tasks, {"json": {"title": "Both ways"}}),
        ("POST", tasks, {"json": {"title": ""}}),
        ("POST", tasks, {"data": "{", "content_type": "application/json"}),
        ("POST", tasks, {"data": "title=x", "content_type": "text/plain"}),
        ("POST", tasks, {"data": b"x" * 2_000_000, "content_type": "application/json"}),
        ("PATCH", one, {"json": {"priority": 3}}),
        ("PATCH", one, {"json": {"priority": 3}, "headers": {"If-Match": '"99"'}}),
        ("DELETE", one, {"headers": {"If-Match": '"99"'}}),
        ("GET", "/api/v1/tasks/tasks", {}),
        ("GET", "/api/v1/accounts/me", {}),
        ("GET", "/openapi.json", {}),
        ("GET", "/livez", {}),
        ("GET", "/nowhere", {}),
        ("GET", "/", {}),
    ]


def test_every_kind_of_answer_is_the_same(both, ada):
    short, plain, _ = both
    project = ada.post("/api/v1/tasks/projects", {"name": "House"}).get_json()["id"]
    task = ada.post(f"/api/v1/tasks/projects/{project}/tasks", {"title": "Paint"}).get_json()["id"]
    token = {"Authorization": f"Bearer {ada.access_token}"}
    seen = set()
    for signed_in in (True, False):
        for method, path, options in requests_about(project, task):
            headers = {**(token if signed_in else {}), **options.pop("headers", {})}
            a, b = (answer(client, method, path, headers=headers, **options) for client in (short, plain))
            assert a == b, (method, path)
            seen.add(a[0])
    assert {status[:3] for status in seen} >= {"200", "201", "304", "400", "401", "404", "405", "412", "413", "415", "422", "428"}


def test_deleting_takes_the_short_way_too(both, ada):
    project = ada.post("/api/v1/tasks/projects", {"name": "House"}).get_json()["id"]
    answers = []
    for client in both[:2]:
        task = ada.post(f"/api/v1/tasks/projects/{project}/tasks", {"title": "Paint"}).get_json()["id"]
        headers = {"Authorization": f"Bearer {ada.access_token}", "If-Match": '"1"'}
        answers.append(answer(client, "DELETE", f"/api/v1/tasks/tasks/{task}", headers=headers))
    assert answers[0] == answers[1]
    assert answers[0][0] == "204 NO CONTENT"


def test_nearly_all_of_our_routes_have_a_short_way(both, app):
    routes = both[2]._routes
    ours = [rule for rule in app.url_map.iter_rules() if hasattr(app.view_functions[rule.endpoint], "_operation")]
    assert len(routes) >= 0.9 * len(ours)
    for pattern, route in routes.items():
        method, path = pattern.split(" ")
        path = path.replace("*", ELSEWHERE)
        assert app.url_map.bind("").match(path, method, return_rule=True) == (
            route.rule,
            dict.fromkeys(route.names, uuid.UUID(ELSEWHERE)),
        )


# ---- hooks, contexts and errors, in a small app of its own


@pytest.fixture
def small():
    app = Flask("small")
    order = app.extensions["order"] = []

    @app.before_request
    def before():
        order.append(f"before {request.endpoint}")
        if request.args.get("stop"):
            return "stopped", 418
        return None

    @app.after_request
    def after(response):
        order.append("after")
        response.headers["X-After"] = "yes"
        return response

    @app.teardown_request
    def teardown(error):
        order.append(f"teardown {type(error).__name__}")

    def view(thing_id):
        g.thing = thing_id
        what = request.args.get("do")
        if what == "fail":
            raise ZeroDivisionError("no")
        if what == "stream":
            return Response(iter([b"a", b"b"]))
        if what == "url":
            return {"url": url_for("view", thing_id=thing_id), "path": request.path, "args": dict(request.view_args or {})}
        if what == "copy":
            with flask.globals.request_ctx.copy():
                return {"inner": request.path}
        return Response(b"body", headers={"Location": f"/things/{what}"})

    view._operation = True  # type: ignore[attr-defined]
    app.add_url_rule("/things/<uuid:thing_id>", "view", view, methods=["GET"])
    app.register_error_handler(Exception, lambda error: (f"handled {type(error).__name__}", 500))
    return app


@pytest.mark.parametrize("what", ["", "fail", "stream", "url", "copy", "a b", "ü", "tidy", "nothing&stop=1"])
def test_hooks_contexts_and_errors_are_the_same(small, what):
    def run(wsgi):
        from werkzeug.test import Client

        small.extensions["order"].clear()
        got = Client(wsgi).get(f"/things/{ELSEWHERE}?do={what}")
        return got.status, sorted(got.headers), got.get_data(), list(small.extensions["order"])

    plain = run(small.wsgi_app)
    dispatch = Dispatch(small, lambda *_: pytest.fail("this did not go the short way"))
    assert run(dispatch) == plain
    assert plain[3][-1].startswith("teardown")
    if what == "url":
        assert json.loads(plain[2])["url"] == f"/things/{ELSEWHERE}"


def test_a_client_may_keep_the_context(small):
    small.wsgi_app = Dispatch(small, small.wsgi_app)
    with small.test_client() as client:
        client.get(f"/things/{ELSEWHERE}")
        assert g.thing == uuid.UUID(ELSEWHERE)
        assert request.path == f"/things/{ELSEWHERE}"


def test_a_rule_that_werkzeug_would_not_choose_has_no_short_way(small):
    def other(name):
        return name

    other._operation = True  # type: ignore[attr-defined]
    small.add_url_rule("/people/<name>", "other", other, methods=["GET"])
    small.add_url_rule("/twice/<uuid:thing_id>", "first", other, methods=["GET"])
    small.add_url_rule("/twice/<uuid:name>", "second", other, methods=["GET"])
    routes = Dispatch(small, small.wsgi_app)._routes
    assert set(routes) == {"GET /things/*", "GET /twice/*"}


def test_an_app_bound_to_a_host_goes_the_plain_way(small):
    small.config["SERVER_NAME"] = "example.com"
    assert Dispatch(small, small.wsgi_app)._routes == {}
