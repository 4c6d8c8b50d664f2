"""Security headers on every kind of answer, and no HTML from the API."""

import pytest

from tests.kit import problem

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def policy(answer):
    (only,) = answer.headers.getlist("Content-Security-Policy")
    return dict(directive.strip().partition(" ")[::2] for directive in only.split(";"))


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/docs", 200), ("/openapi.json", 200), ("/livez", 200), ("/api/v1/accounts/me", 401), ("/nowhere", 404)],
)
def test_every_answer_carries_each_security_header_once(client, path, status):
    answer = client.get(path, buffered=True)
    assert answer.status_code == status
    assert {name: answer.headers.getlist(name) for name in ALWAYS} == {name: [value] for name, value in ALWAYS.items()}
    assert "Strict-Transport-Security" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_the_api_may_be_framed_and_executed_nowhere(client):
    for path in ("/api/v1/meta", "/api/v1/nothing", "/openapi.json", "/livez"):
        assert policy(client.get(path)) == {"default-src": "'none'", "frame-ancestors": "'none'"}


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_run_only_scripts_of_our_own_and_never_inline(client, path):
    answer = client.get(path, buffered=True)
    rules = policy(answer)
    assert answer.mimetype == "text/html"
    assert (rules["default-src"], rules["script-src"], rules["connect-src"]) == ("'none'", "'self'", "'self'")
    assert (rules["base-uri"], rules["frame-ancestors"]) == ("'none'", "'none'")
    page = answer.get_data(as_text=True)
    assert "<script>" not in page and " onclick=" not in page and "javascript:" not in page
    assert "http://" not in page and "https://" not in page


def test_the_console_styles_nothing_inline(client):
    answer = client.get("/", buffered=True)
    assert policy(answer)["style-src"] == "'self'"
    page = answer.get_data(as_text=True)
    assert "<style" not in page and " style=" not in page


def refusals(client):
    """One of each refusal that Flask, Werkzeug or we make, asked for by a browser."""
    ask = {"Accept": "text/html"}
    path, json = "/api/v1/auth/sessions", {"Content-Type": "application/json"}
    yield 400, client.post(path, data=b"{", headers={**ask, **json})
    yield 404, client.get("/api/v1/<b>x</b>", headers=ask)
    yield 405, client.get("/api/v1/auth/registrations", headers=ask)
    yield 413, client.post(path, data=b"x" * 1_000_001, headers={**ask, **json})
    yield 415, client.post(path, data=b"<a/>", headers={**ask, "Content-Type": "text/html"})


def test_browsers_that_ask_for_html_get_problem_documents_from_the_api(client):
    for status, answer in refusals(client):
        problem(answer, status)
        assert policy(answer)["default-src"] == "'none'"


def test_a_burst_view_is_a_problem_document_too(app, client, monkeypatch):
    def burst(*_args, **_kwargs):
        raise ZeroDivisionError("<h1>boom</h1>")

    monkeypatch.setitem(app.view_functions, "meta.get_meta", burst)
    answer = client.get("/api/v1/meta", headers={"Accept": "text/html"})
    problem(answer, 500, "internal_error")
    assert b"boom" not in answer.data
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_what_one_person_has_seen_is_never_not_modified_for_another(ada, grace):
    """The same address and the same version: a browser in which both sign in would show the first one's account."""
    seen = ada.get("accounts/me").headers["ETag"]
    assert ada.get("accounts/me", headers={"If-None-Match": seen}).status_code == 304
    other = grace.get("accounts/me", headers={"If-None-Match": seen})
    assert (other.status_code, other.get_json()["name"]) == (200, "Grace")


def test_a_read_notices_what_changes_without_a_new_version(ada):
    project = ada.post("tasks/projects", {"name": "House"}).get_json()
    seen = ada.get(f"tasks/projects/{project['id']}").headers["ETag"]
    ada.post(f"tasks/projects/{project['id']}/tasks", {"title": "Paint"})
    again = ada.get(f"tasks/projects/{project['id']}", headers={"If-None-Match": seen})
    assert (again.status_code, again.get_json()["sequence"]) == (200, 1)
    assert ada.patch(f"tasks/projects/{project['id']}", {"name": "Garden"}, match=seen).status_code == 200


def test_the_document_is_made_once_and_not_sent_again_to_who_has_it(with_settings):
    app = with_settings()
    client, specification = app.test_client(), app.extensions["api"].spec
    first = client.get("/openapi.json")
    specification.to_dict = lambda: pytest.fail("it is made anew")
    again = client.get("/openapi.json")
    assert (again.status_code, again.data, again.headers["ETag"]) == (200, first.data, first.headers["ETag"])
    unchanged = client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (unchanged.status_code, unchanged.data) == (304, b"")
