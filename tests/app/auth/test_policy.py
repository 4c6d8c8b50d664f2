"""Which passwords are taken."""

import hashlib
import http.server
import threading

import pytest

from app.accounts import find_by_email
from app.auth import policy
from tests.kit import PASSWORD, json_of, problem

GUESSABLE = "It is one of those that are tried first."
PERSONAL = "Most of it is your name or address."
LENGTH = "Must have 8 to 128 characters."


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("password", GUESSABLE),
        ("PassWord", GUESSABLE),
        ("iloveyou", GUESSABLE),
        ("trustno1", GUESSABLE),
        ("00000000", GUESSABLE),
        ("abababababab", GUESSABLE),
        ("abcdefghij", GUESSABLE),
        ("zyxwvutsrq", GUESSABLE),
        ("12345678901", GUESSABLE),
        ("qwertyuiop", GUESSABLE),
        ("AdaLovelace!", PERSONAL),
        ("ada.lovelace@example.org", PERSONAL),
        ("zero2hero2026", PERSONAL),
        ("e\u0301" * 7, LENGTH),
        ("a good long passphrase", None),
        ("correct horse ada battery", None),
        ("пароль из слов", None),
        ("x7#kQ9vw", None),
    ],
)
def test_guessable_passwords_are_told_from_others(app, password, reason):
    assert policy.weakness(policy.normalise(password), "ada.lovelace@example.org", "Ada Lovelace") == reason


def test_the_list_holds_more_than_ten_thousand_that_are_long_enough(app):
    assert len(policy.common()) > 10_000
    assert min(len(word) for word in policy.common() if word) == policy.SHORTEST


def register(client, password, email="ada.l@example.com"):
    return client.post("/api/v1/auth/registrations", json={"email": email, "password": password, "name": "Ada Lovelace"})


def test_a_registration_with_a_guessable_password_makes_no_account(client):
    found = problem(register(client, "password1"), 409, "password_refused")
    assert found["errors"] == {"/password": GUESSABLE}
    assert find_by_email("ada.l@example.com") is None


def test_128_characters_count_to_the_last(client):
    assert register(client, "ab c" * 31 + "defg").status_code == 201
    wrong = client.post("/api/v1/auth/sessions", json={"email": "ada.l@example.com", "password": "ab c" * 31 + "defh"})
    problem(wrong, 401, "wrong_credentials")
    problem(register(client, "ab c" * 31 + "defgh", "eve@example.com"), 422)


def test_the_same_keys_in_another_form_of_unicode_open_the_same_account(client):
    assert register(client, "cafe\u0301 au lait").status_code == 201
    typed = {"email": "ada.l@example.com", "password": "caf\u00e9 au lait"}
    assert client.post("/api/v1/auth/sessions", json=typed).status_code == 201


def test_a_guessable_new_password_changes_nothing(client, ada):
    refused = ada.put("accounts/me/password", {"current_password": PASSWORD, "new_password": "password1"})
    assert problem(refused, 409, "password_refused")["errors"] == {"/new_password": GUESSABLE}
    assert client.post("/api/v1/auth/sessions", json={"email": ada.email, "password": PASSWORD}).status_code == 201


STOLEN = "stolen but long enough"


class Range(http.server.BaseHTTPRequestHandler):
    """Have I Been Pwned's range API: the suffixes of one prefix, padded with some that nobody has."""

    asked: list[tuple[str, str | None]] = []

    def do_GET(self):
        self.asked.append((self.path, self.headers["Add-Padding"]))
        digest = hashlib.sha1(STOLEN.encode()).hexdigest().upper()
        lines = [f"{digest[5:]}:42"] if self.path == f"/range/{digest[:5]}" else []
        padding = hashlib.sha1(b"padding is no find").hexdigest().upper()
        body = "\r\n".join([*lines, f"{padding[5:]}:0"]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments): ...


@pytest.fixture
def stolen(app, monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Range)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    Range.asked.clear()
    monkeypatch.setitem(app.config, "AUTH_BREACHED_URL", f"http://127.0.0.1:{server.server_port}/range/")
    yield Range.asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_stolen_passwords_are_refused_and_only_five_digits_leave(client, stolen):
    assert problem(register(client, STOLEN), 409, "password_refused")["errors"] == {"/password": "It is in a list of stolen passwords."}
    assert stolen == [(f"/range/{hashlib.sha1(STOLEN.encode()).hexdigest().upper()[:5]}", "true")]
    assert register(client, PASSWORD).status_code == 201


def test_padding_is_no_find(client, stolen):
    assert register(client, "padding is no find").status_code == 201


def test_who_cannot_be_asked_keeps_nobody_out(app, client, monkeypatch):
    monkeypatch.setitem(app.config, "AUTH_BREACHED_URL", "http://127.0.0.1:9/range/")
    assert json_of(register(client, STOLEN))["user"]["email"] == "ada.l@example.com"
