"""Cross-origin rules (Fetch standard, CORS protocol): none by default, exact origins by setting, never credentials."""

import pytest

from tests.kit import problem

PAGE = "https://app.example.com"
READABLE = {"ETag", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-ID", "Idempotency-Replayed"}


def preflight(client, origin, path="/api/v1/tasks/projects", method="POST", headers="authorization,content-type,idempotency-key"):
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return client.options(path, headers=asked)


def words(answer, header):
    return {word.strip() for word in answer.headers.get(header, "").split(",") if word.strip()}


def granted(answer):
    return {name: value for name, value in answer.headers if name.startswith("Access-Control-")}


@pytest.fixture
def open_client(with_settings):
    return with_settings(CORS_ORIGINS=(PAGE, "http://localhost:5173")).test_client()


def test_without_the_setting_no_origin_is_allowed_anything(with_settings):
    client = with_settings().test_client()
    for answer in (client.get("/api/v1/meta", headers={"Origin": PAGE}), preflight(client, PAGE)):
        assert granted(answer) == {}
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Origin" not in words(answer, "Vary")


@pytest.mark.parametrize("origin", [PAGE, "http://localhost:5173"])
def test_an_origin_of_the_setting_may_read_answers_and_their_headers(open_client, origin):
    answer = open_client.get("/api/v1/meta", headers={"Origin": origin})
    assert answer.status_code == 200
    assert answer.headers.getlist("Access-Control-Allow-Origin") == [origin]
    assert words(answer, "Access-Control-Expose-Headers") == READABLE
    assert answer.headers.getlist("Cross-Origin-Resource-Policy") == ["cross-origin"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com.evil.example",
        "https://app.example.com:8443",
        "https://APP.example.com",
        "https://sub.app.example.com",
        "null",
        "",
    ],
)
def test_any_other_origin_is_allowed_nothing(open_client, origin):
    assert granted(open_client.get("/api/v1/meta", headers={"Origin": origin})) == {}
    assert granted(preflight(open_client, origin)) == {}


def test_a_preflight_names_methods_and_headers_and_needs_no_token(open_client):
    answer = preflight(open_client, PAGE)
    assert answer.status_code in {200, 204}
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert words(answer, "Access-Control-Allow-Methods") == {"GET", "POST", "PUT", "PATCH", "DELETE"}
    allowed = {name.lower() for name in words(answer, "Access-Control-Allow-Headers")}
    assert allowed == {"authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "x-request-id"}
    assert answer.headers["Access-Control-Max-Age"] == "600"


def test_refusals_can_be_read_across_origins_too(open_client):
    answer = open_client.get("/api/v1/accounts/me", headers={"Origin": PAGE})
    problem(answer, 401)
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    missing = open_client.get("/api/v1/nothing", headers={"Origin": PAGE})
    problem(missing, 404)
    assert missing.headers["Access-Control-Allow-Origin"] == PAGE


def test_credentials_are_never_allowed(open_client):
    for answer in (open_client.get("/api/v1/meta", headers={"Origin": PAGE, "Cookie": "a=b"}), preflight(open_client, PAGE)):
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("headers", [{}, {"Origin": PAGE}, {"Origin": "https://evil.example"}], ids=["none", "allowed", "other"])
def test_caches_keep_the_answers_to_different_origins_apart(open_client, headers):
    """Else a cache hands the answer to a request without an origin to a page that may read it, or the other way round."""
    assert "Origin" in words(open_client.get("/api/v1/meta", headers=headers), "Vary")


def handshake(client, origin, **headers):
    """What Socket.IO answers to a page's request for a socket; it is none for the test client, so every answer is a refusal."""
    asked = {"Origin": origin, "Host": "api.example.com", **headers}
    return client.get("/socket.io/?EIO=4&transport=websocket", headers=asked).get_data(as_text=True)


@pytest.mark.parametrize("allowed", [(), (PAGE,)], ids=["none", "some"])
def test_the_consoles_own_sockets_connect_whatever_the_setting_allows(with_settings, allowed):
    client = with_settings(CORS_ORIGINS=allowed, PUBLIC_URL="https://tasks.example.com/app").test_client()
    for own in ("https://api.example.com", "http://api.example.com", "https://tasks.example.com"):
        assert "not an accepted origin" not in handshake(client, own).lower()
    forwarded = {"X-Forwarded-Host": "www.example.com, api.example.com"}
    assert "not an accepted origin" not in handshake(client, "https://www.example.com", **forwarded).lower()
    assert ("not an accepted origin" not in handshake(client, PAGE).lower()) == bool(allowed)
    for other in ("https://evil.example", "https://api.example.com.evil.example", "https://api.example.com:8443", "null"):
        assert "not an accepted origin" in handshake(client, other).lower()
