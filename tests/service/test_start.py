"""Production does not start with a setting missing: nothing listens, nothing runs on, and a sentence says why."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
import requests

from app.config import DEVELOPMENT_SECRET
from tests import kit
from tests.processes import ROOT, Service, environment, flask, own_port

WEB = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]
WORKER = [sys.executable, "worker.py"]
GOOD = {"APP_ENV": "production", "SECRET_KEY": "s" * 40, "JWT_KEYS": "j" * 40, "STAGES": "tasks", "LOG_LEVEL": "info"}


@pytest.fixture
def production(database) -> dict[str, str]:
    # On loopback only: in production the default is every address.
    return environment(database, kit.redis_url(), **GOOD, HOST="127.0.0.1", PORT=str(own_port()), WEB_CONCURRENCY="2")


def run(command, env) -> "subprocess.CompletedProcess[str]":
    """The process and all that it started, which must have ended by itself within seconds."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        out, err = process.communicate(timeout=15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError(f"it went on running: {err[-2000:]}") from None
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


@pytest.mark.parametrize(
    ("command", "change", "sentence"),
    [
        (WEB, {"JWT_KEYS": ""}, "Setting JWT_KEYS is missing"),
        (WORKER, {"REDIS_URL": ""}, "Setting REDIS_URL is missing"),
        (WORKER, {"STAGES": "tasks,tsks"}, "STAGES names tsks, which is not installed. Known: loyalty, tasks"),
    ],
    ids=["web", "worker", "unknown-stage"],
)
def test_web_and_worker_end_with_a_sentence_and_leave_nothing_behind(production, command, change, sentence):
    done = run(command, {**production, **change})
    assert done.returncode not in (0, -signal.SIGKILL)
    assert sentence in done.stderr, done.stderr[-2000:]
    # gunicorn may show where its own master was; the sentence is not buried under a traceback of ours.
    assert "BadSetting" not in done.stderr
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(production["PORT"]))) != 0


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SECRET_KEY", DEVELOPMENT_SECRET, "Setting SECRET_KEY is missing, or is the development default"),
        ("JWT_KEYS", f"{'j' * 40},{DEVELOPMENT_SECRET}", "The development secret must not be deployed"),
    ],
)
def test_a_release_command_refuses_too_and_never_says_the_value(production, name, value, sentence):
    done = flask("db upgrade", {**production, name: value})
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert "j" * 40 not in done.stderr and DEVELOPMENT_SECRET not in done.stderr


BROKEN = "import a_package_that_nobody_has\n"
INFO = "Metadata-Version: 2.1\nName: acme-broken\nVersion: 1.0\n"


def test_a_stage_that_fails_to_import_is_named(production, tmp_path):
    (tmp_path / "acme_broken").mkdir()
    (tmp_path / "acme_broken" / "__init__.py").write_text(BROKEN)
    info = tmp_path / "acme_broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(INFO)
    (info / "entry_points.txt").write_text("[zero2hero.stages]\nbroken = acme_broken:stage\n")
    env = {**production, "PYTHONPATH": os.pathsep.join((str(tmp_path), production["PYTHONPATH"])), "STAGES": "tasks,broken"}
    done = run(WEB, env)
    assert done.returncode not in (0, -signal.SIGKILL)
    assert "Stage broken cannot be loaded: ModuleNotFoundError: No module named 'a_package_that_nobody_has'" in done.stderr
    # A stage that is off is never imported.
    assert flask("stages list", {**env, "STAGES": "tasks"}).returncode == 0


def test_with_everything_set_it_starts_and_speaks_json_logs_and_https_only(production):
    service = Service({**production, "WEB_CONCURRENCY": "1"}).start()
    try:
        answer = requests.get(f"{service.url}/api/v1/meta", headers={"X-Request-ID": "prod-12345678"}, timeout=5)
        assert answer.status_code == 200
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
        time.sleep(0.2)
        (line,) = [line for line in service.output().splitlines() if "prod-12345678" in line]
        assert line.startswith('{"time":') and '"route":"/api/v1/meta"' in line
    finally:
        service.stop()
