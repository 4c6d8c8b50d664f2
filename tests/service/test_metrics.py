"""/metrics over two worker processes of one gunicorn."""

import concurrent.futures
import http.client
import os
import signal
import subprocess
import sys

import pytest
import requests

from tests.processes import ROOT, eventually

ASKED = 'http_request_seconds_count{method="GET",route="/api/v1/meta",status="200"}'


@pytest.fixture
def two_workers(serve):
    return serve(WEB_CONCURRENCY="2", METRICS_TOKEN="let me see")


def workers(service) -> set[int]:
    """The process ids of the workers."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(service.process.pid)], capture_output=True, text=True, check=False)
    return {int(pid) for pid in listed.stdout.split()}


def metrics(service, by=requests) -> str:
    answer = by.get(f"{service.url}/metrics", headers={"Authorization": "Bearer let me see"}, timeout=5)
    assert answer.status_code == 200
    return answer.text


def count(service, by) -> float:
    return next((float(line.rpartition(" ")[2]) for line in metrics(service, by).splitlines() if line.startswith(ASKED)), 0.0)


def ask(service, times) -> None:
    """Each on a connection of its own, several at once: both workers get some."""

    def one(_n):
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=5)
        connection.request("GET", "/api/v1/meta", headers={"Connection": "close"})
        assert connection.getresponse().read()
        connection.close()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(times)))


def test_metrics_add_up_over_two_processes_although_both_fall_silent_and_one_dies(two_workers):
    before = workers(two_workers)
    assert len(before) == 2
    # One connection, so that one worker answers for both.
    watcher = requests.Session()
    ask(two_workers, 60)
    eventually(lambda: count(two_workers, watcher) == 60, 4)
    # What a worker that ends had counted stays counted.
    ask(two_workers, 40)
    os.kill(min(before), signal.SIGTERM)
    eventually(lambda: len(workers(two_workers)) == 2 and workers(two_workers) != before, 15)
    ask(two_workers, 20)
    eventually(lambda: count(two_workers, watcher) == 120, 4)
    watcher.close()


def test_metrics_ask_for_their_token_and_leave_what_is_not_theirs_in_an_operators_folder(serve, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "counter_1.db").write_bytes(b"of a process long gone")
    two_workers = serve(WEB_CONCURRENCY="2", METRICS_TOKEN="let me see", PROMETHEUS_MULTIPROC_DIR=str(tmp_path))
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}, {"Authorization": "Bearer é".encode()}):
        answer = requests.get(f"{two_workers.url}/metrics", headers=headers, timeout=5)
        assert (answer.status_code, answer.headers["WWW-Authenticate"], answer.content) == (401, "Bearer", b"")
    assert "# TYPE http_request_seconds histogram" in metrics(two_workers)
    assert not (tmp_path / "counter_1.db").exists()
    assert list(tmp_path.glob("*.db"))
    two_workers.stop()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


GAUGE = """
from prometheus_client import Gauge
Gauge("open_things", "Open", multiprocess_mode="livesum").set(5)
import os; print(os.getpid())
"""
FORGET = """
import sys
from app.observe import metrics
print(metrics.exposition().decode())
metrics.child_exit(int(sys.argv[1]))
print("----")
print(metrics.exposition().decode())
"""


def test_the_gauges_of_a_dead_process_are_forgotten(tmp_path):
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    def python(code, *arguments):
        done = subprocess.run([sys.executable, "-c", code, *arguments], env=env, cwd=ROOT, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout

    pid = python(GAUGE).strip()
    before, _, after = python(FORGET, pid).partition("----")
    assert "open_things 5.0" in before
    assert "open_things" not in after
