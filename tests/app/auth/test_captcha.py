"""Captchas: our own proof of work, and three services that speak one protocol."""

import base64
import http.server
import json
import shutil
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs

import altcha
import pytest
import sqlalchemy as sa

from app import create_app
from app.accounts import find_by_email
from app.auth import captcha
from app.auth.captcha.hosted import HOSTED, Hosted
from app.auth.captcha.proof_of_work import ProofOfWork
from app.config import BadSetting
from app.extensions import db
from app.outbox import Call
from tests import kit
from tests.kit import PASSWORD, json_of, problem

EMAIL = "ada.l@example.com"
SOLVER = Path(__file__).parents[3] / "app" / "console" / "static" / "captcha.js"


def register(client, proof=None, email=EMAIL):
    body = {"email": email, "password": PASSWORD, "name": "Ada", **({"captcha": proof} if proof is not None else {})}
    return client.post("/api/v1/auth/registrations", json=body)


@pytest.fixture
def own(app, monkeypatch):
    chosen = ProofOfWork({**app.config, "AUTH_CAPTCHA_COST": 1})
    monkeypatch.setitem(app.extensions, "captcha", chosen)
    return chosen


def challenge(client):
    return json_of(client.get("/api/v1/auth/captcha/challenge"))


def solved(given) -> str:
    found = altcha.Challenge.from_dict(given)
    return altcha.Payload(found, altcha.solve_challenge(found)).to_base64()


def test_without_one_nobody_is_asked(client):
    assert json_of(client.get("/api/v1/auth/captcha")) == {"kind": "off", "site_key": None, "challenge_url": None}
    problem(client.get("/api/v1/auth/captcha/challenge"), 404)


def test_proof_of_work_lets_somebody_register(client, own):
    assert json_of(client.get("/api/v1/auth/captcha")) == own.described
    assert client.get("/api/v1/auth/captcha/challenge").headers["Cache-Control"] == "no-store"
    assert register(client, solved(challenge(client))).status_code == 201


def test_without_a_proof_the_answer_says_what_to_solve_and_nothing_happens(client, own):
    found = problem(register(client), 403, "captcha_required")
    assert found["captcha"] == {"kind": "altcha", "site_key": None, "challenge_url": "/api/v1/auth/captcha/challenge"}
    assert find_by_email(EMAIL) is None
    for path in ("password-resets", "verifications"):
        problem(client.post(f"/api/v1/auth/{path}", json={"email": EMAIL}), 403, "captcha_required")
    assert db.session.scalars(sa.select(Call)).all() == []


def test_a_proof_works_once(client, own):
    proof = solved(challenge(client))
    assert register(client, proof).status_code == 201
    found = problem(register(client, proof, "eve@example.com"), 403, "captcha_failed")
    assert found["detail"] == "The challenge was answered before. Solve a new one."
    assert find_by_email("eve@example.com") is None


def test_writing_a_proof_in_another_way_does_not_make_it_new(client, own):
    """The signature in capitals, members in another order, a number with a point, something more: the same challenge."""
    given = challenge(client)
    assert register(client, solved(given)).status_code == 201
    same = dict(reversed(given["parameters"].items()))
    for other in (
        {"signature": given["signature"].upper(), "parameters": same},
        {"signature": given["signature"], "parameters": {**same, "cost": 1.0}},
        {"signature": given["signature"], "parameters": {**same, "more": "of it"}},
    ):
        proof = json.dumps({"challenge": other, "solution": json.loads(base64.b64decode(solved(given)))["solution"]}).encode()
        problem(register(client, base64.b64encode(proof).decode(), "eve@example.com"), 403, "captcha_failed")
    assert find_by_email("eve@example.com") is None


def forged(given, **parameters):
    return {**given, "parameters": {**given["parameters"], **parameters}}


def without_end(given):
    return {**given, "parameters": {name: value for name, value in given["parameters"].items() if name != "expiresAt"}}


@pytest.mark.parametrize(
    "forge",
    [
        lambda given: forged(given, keyPrefix=""),
        lambda given: forged(given, expiresAt=given["parameters"]["expiresAt"] + 1),
        lambda given: forged(given, cost=2),
        lambda given: forged(given, algorithm="SHA-256"),
        without_end,
        lambda given: {**given, "signature": "0" * 64},
    ],
)
def test_a_challenge_that_is_not_exactly_ours_is_refused(client, own, forge):
    problem(register(client, solved(forge(challenge(client)))), 403, "captcha_failed")
    assert find_by_email(EMAIL) is None


def test_a_challenge_signed_by_us_that_never_expires_is_refused(client, own):
    endless = altcha.create_challenge("PBKDF2/SHA-256", 1, hmac_secret=own._secret)
    problem(register(client, solved(endless.to_dict())), 403, "captcha_failed")


def test_a_challenge_is_good_for_ten_minutes(client, own, monkeypatch):
    proof, now = solved(challenge(client)), time.time()
    monkeypatch.setattr(time, "time", lambda: now + 601)
    problem(register(client, proof), 403, "captcha_failed")


def test_a_challenge_that_was_not_solved_is_used_up(client, own):
    given = challenge(client)
    wrong = {"challenge": given, "solution": {"counter": 1, "derivedKey": "00" * 32}}
    problem(register(client, base64.b64encode(json.dumps(wrong).encode()).decode()), 403, "captcha_failed")
    problem(register(client, solved(given)), 403, "captcha_failed")


@pytest.mark.parametrize("proof", ["x", "e30=", "W10=", "bnVsbA==", "eyJjaGFsbGVuZ2UiOnt9fQ==", "é", "[" * 200])
def test_what_is_no_proof_is_refused(client, own, proof):
    problem(register(client, proof), 403, "captcha_failed")
    nested = base64.b64encode(b'{"challenge":' * 500).decode()
    problem(register(client, nested[:8000]), 403, "captcha_failed")


def log_in(client, password, proof=None):
    body = {"email": EMAIL, "password": password, **({"captcha": proof} if proof else {})}
    return client.post("/api/v1/auth/sessions", json=body)


def test_a_log_in_needs_a_proof_after_three_wrong_passwords(client, own):
    register(client, solved(challenge(client)))
    assert [log_in(client, "wrong").status_code for _ in range(3)] == [401] * 3
    problem(log_in(client, PASSWORD), 403, "captcha_required")
    assert log_in(client, PASSWORD, solved(challenge(client))).status_code == 201
    assert log_in(client, PASSWORD).status_code == 201


def test_a_guessable_password_costs_no_proof(client, own):
    proof = solved(challenge(client))
    body = {"email": EMAIL, "password": "password1", "name": "Ada", "captcha": proof}
    problem(client.post("/api/v1/auth/registrations", json=body), 409, "password_refused")
    assert register(client, proof).status_code == 201


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_consoles_solver_finds_proofs(client, own):
    script = f"import {{ solve }} from {json.dumps(SOLVER.as_uri())}; console.log(await solve({json.dumps(challenge(client))}))"
    found = subprocess.run(["node", "--input-type=module", "-e", script], capture_output=True, text=True, check=True, timeout=30)
    assert register(client, found.stdout.strip()).status_code == 201


class Siteverify(http.server.BaseHTTPRequestHandler):
    """What the three services answer; the test says what, and reads what was asked."""

    verdict: object = None
    status = 200
    asked: list[dict[str, list[str]]] = []

    def do_POST(self):
        self.asked.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        body = self.verdict if isinstance(self.verdict, bytes) else json.dumps(self.verdict).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments): ...


@pytest.fixture(scope="module")
def siteverify():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Siteverify)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/siteverify"
    server.shutdown()
    thread.join()
    server.server_close()


SETTINGS = {
    "AUTH_CAPTCHA_SITE_KEY": "site",
    "AUTH_CAPTCHA_SECRET": "of the operator",
    "AUTH_CAPTCHA_SCORE": 50,
    "AUTH_CAPTCHA_HOSTNAMES": (),
    "PUBLIC_URL": "https://app.example.com",
    "CORS_ORIGINS": ("https://shop.example.org",),
}
GOOD = {"success": True, "hostname": "app.example.com", "action": "register", "score": 0.9}
RISK = {"success": True, "hostname": "app.example.com", "score": 0.1}


@pytest.fixture
def hosted(app, siteverify, monkeypatch):
    def choose(kind, verdict, status=200):
        monkeypatch.setitem(app.extensions, "captcha", Hosted(HOSTED[kind], {**SETTINGS, "AUTH_CAPTCHA_URL": siteverify}))
        Siteverify.verdict, Siteverify.status = verdict, status
        Siteverify.asked.clear()

    return choose


@pytest.mark.parametrize(("kind", "verdict"), [("turnstile", GOOD), ("hcaptcha", RISK), ("recaptcha", GOOD)])
def test_a_service_that_says_yes_lets_somebody_register(client, hosted, kind, verdict):
    hosted(kind, verdict)
    assert json_of(client.get("/api/v1/auth/captcha")) == {"kind": kind, "site_key": "site", "challenge_url": None}
    assert register(client, "a proof").status_code == 201
    assert Siteverify.asked == [
        {"secret": ["of the operator"], "response": ["a proof"], "remoteip": ["127.0.0.1"], "sitekey": ["site"]},
    ]


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("turnstile", {**GOOD, "success": False}),
        ("turnstile", {**GOOD, "success": "true"}),
        ("turnstile", {**GOOD, "hostname": "evil.example.com"}),
        ("turnstile", {**GOOD, "action": "reset"}),
        ("turnstile", {"success": True}),
        ("hcaptcha", {**RISK, "score": 0.8}),
        ("hcaptcha", {**RISK, "hostname": "evil.example.com"}),
        ("recaptcha", {**GOOD, "score": 0.4}),
        ("recaptcha", {**GOOD, "score": True}),
        ("recaptcha", {**GOOD, "action": None}),
        ("recaptcha", {"success": True, "hostname": "app.example.com", "action": "register"}),
        ("recaptcha", []),
        ("recaptcha", b"no JSON"),
    ],
)
def test_a_proof_of_another_site_or_form_or_of_a_robot_is_refused(client, hosted, kind, verdict):
    hosted(kind, verdict)
    assert problem(register(client, "a proof"), 403, "captcha_failed")["captcha"]["kind"] == kind
    assert find_by_email(EMAIL) is None


def test_a_service_that_is_broken_lets_nobody_pass_and_says_so(client, hosted):
    hosted("turnstile", GOOD, status=503)
    assert problem(register(client, "a proof"), 403, "captcha_failed")["detail"] == "It cannot be checked right now. Try again in a minute."


def test_a_service_that_is_away_lets_nobody_pass(app, client, monkeypatch):
    away = Hosted(HOSTED["hcaptcha"], {**SETTINGS, "AUTH_CAPTCHA_URL": "http://127.0.0.1:9/siteverify"})
    monkeypatch.setitem(app.extensions, "captcha", away)
    found = problem(register(client, "a proof"), 403, "captcha_failed")
    assert (found["captcha"]["kind"], "of the operator" in str(found)) == ("hcaptcha", False)
    assert find_by_email(EMAIL) is None


@pytest.mark.parametrize("missing", ["AUTH_CAPTCHA_SITE_KEY", "AUTH_CAPTCHA_SECRET", "PUBLIC_URL"])
def test_a_service_without_its_settings_does_not_start(missing):
    given = {**kit.QUICK, **SETTINGS, "CORS_ORIGINS": (), "AUTH_CAPTCHA": "turnstile", missing: ""}
    with pytest.raises(BadSetting, match="AUTH_CAPTCHA=turnstile needs"):
        create_app({**given, "DATABASE_URL": kit.database_url("postgres"), "REDIS_URL": kit.redis_url()})


def test_proof_of_work_is_the_default_of_production_alone(app):
    class Pretend:
        config = {**app.config, "AUTH_CAPTCHA": "auto"}
        extensions: dict = {}

    for environment, kind in (("production", ProofOfWork), ("development", type(None)), ("test", type(None))):
        Pretend.config["APP_ENV"] = environment
        captcha.init_app(Pretend)
        assert type(Pretend.extensions["captcha"]) is kind
