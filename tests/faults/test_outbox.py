"""Nothing is lost, whatever dies."""

import os
import signal
import threading
import time

import psycopg
import pytest
import requests

from tests.processes import Caller, Worker, eventually


def test_events_of_a_killed_process_are_delivered_once_after_the_restart(serve):
    first = serve(LOYALTY_DELAY_MS="1500")
    ada = Caller(first.url, "ada@example.com")
    project = ada.post("tasks/projects", {"name": "Kill"})
    for n in range(12):
        ada.post(f"tasks/projects/{project['id']}/tasks", {"title": str(n)})
    time.sleep(0.3)
    first.kill()
    second = serve(LOYALTY_DELAY_MS="0")
    ada.url = second.url
    eventually(lambda: ada.get("loyalty/points")["points"] >= 12)
    time.sleep(2.5)
    assert ada.get("loyalty/points") == {"points": 12}


@pytest.mark.parametrize("fault", ["frozen", "stopped", "emptied"])
def test_redis_may_be_frozen_stopped_or_emptied_under_load(serve, own_redis, fault):
    service = serve(RATE_LIMIT="100000/minute")
    ada = Caller(service.url, "ada@example.com")
    project = ada.post("tasks/projects", {"name": "Redis"})
    made, slowest, wrong, stop = [], [0.0], [], threading.Event()

    def load():
        session = requests.Session()
        session.headers.update(ada.session.headers)
        while not stop.is_set():
            began = time.monotonic()
            answer = session.post(f"{service.url}/api/v1/tasks/projects/{project['id']}/tasks", json={"title": "x"}, timeout=10)
            slowest[0] = max(slowest[0], time.monotonic() - began)
            (made if answer.status_code == 201 else wrong).append(answer.status_code)
            time.sleep(0.02)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    if fault == "frozen":
        os.kill(own_redis.process.pid, signal.SIGSTOP)
        time.sleep(3)
        os.kill(own_redis.process.pid, signal.SIGCONT)
    elif fault == "stopped":
        own_redis.stop()
        time.sleep(3)
        own_redis.start()
    else:
        import redis

        redis.Redis.from_url(own_redis.url).flushall()
    time.sleep(1.5)
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert slowest[0] < 1.0
    assert len(made) > 50
    eventually(lambda: ada.get("loyalty/points")["points"] == len(made))
    eventually(lambda: requests.get(f"{service.url}/readyz", timeout=5).json()["status"] == "ok")


DUE = """
insert into core_call (id, kind, function, payload, request_id, state, attempts, run_at)
values (gen_random_uuid(), 'background', 'loyalty.kill', '{}', 'req-12345678', 'waiting', 0, now() - interval '1 minute')
"""


def test_a_call_that_kills_every_worker_is_set_aside_after_its_attempts(env):
    """Uncounted, it would be made for ever, and each time take what else the worker was doing with it."""
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(DUE)
        worker = Worker(env).start()
        assert worker.process.wait(30) == -signal.SIGKILL
        assert "idle_in_transaction_session_timeout is 0" in worker.output()
        calls = "select state, attempts, error from core_call"
        assert connection.execute(calls).fetchall() == [("waiting", 1, None)]
        connection.execute("update core_call set run_at = now() - interval '1 minute'")
        worker.start()
        try:
            eventually(lambda: connection.execute(calls).fetchall() == [("dead", 1, "ProcessDied")])
            assert worker.process.poll() is None
            assert "call of loyalty.kill is dead after 1 attempts" in worker.output()
        finally:
            worker.end()
