"""Background functions: who may ask for them, on whose behalf they run, when they repeat, and how they give up."""

import datetime as dt
import json
import logging
import threading
import time
import uuid

import pytest
import sqlalchemy as sa
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer

from app import background as bg
from app import create_app, outbox
from app.access import NOBODY, SERVICE, Actor, acting_as, me
from app.background import Schedule, background
from app.db import unit_of_work
from app.errors import MissingPermission, Unauthorized
from app.extensions import db
from app.observe import current_request_id, use_request_id
from app.observe.logs import JSONFormatter
from app.outbox import DEAD, WAITING, Call
from tests import kit

ADA = uuid.UUID(int=1)
log = logging.getLogger("app.made_in_a_test")


@pytest.fixture
def declare(app, monkeypatch):
    """`declare(run, needs=…)`: a background function of this test alone."""

    def declared(run, **options):
        return add(app, background("tests.work", **options)(run), monkeypatch)

    return declared


def add(app: Flask, function, monkeypatch):
    monkeypatch.setitem(app.extensions["functions"], function.name, function.function)
    return function


def calls() -> list[Call]:
    return list(db.session.scalars(sa.select(Call).where(Call.function == "tests.work").execution_options(populate_existing=True)))


def due_now(call_id) -> None:
    db.session.execute(sa.update(Call).where(Call.id == call_id).values(run_at=sa.func.now() - dt.timedelta(seconds=1)))
    db.session.commit()


def enqueue(function, actor, **arguments):
    with acting_as(actor), unit_of_work():
        return function.enqueue(**arguments)


# ---- who


@pytest.mark.parametrize("permissions", [frozenset(), frozenset({"tasks.read"})], ids=["none", "another"])
def test_who_lacks_the_permission_enqueues_nothing(declare, permissions):
    ran = []
    function = declare(lambda: ran.append(1), needs="tests.manage")
    with pytest.raises(MissingPermission, match=r"tests\.manage"):
        enqueue(function, Actor(ADA, permissions))
    assert (calls(), ran) == ([], [])


def test_a_token_without_the_scope_enqueues_nothing_though_its_owner_may(declare):
    function = declare(lambda: None, needs="tests.manage")
    with pytest.raises(MissingPermission):
        enqueue(function, Actor(ADA, frozenset({"tests.manage"}) & frozenset({"tasks.read"}), token_id=uuid.uuid4(), roles=("admin",)))
    assert calls() == []


def test_nobody_in_particular_cannot_enqueue_what_needs_a_permission(declare):
    """A public route without a token has no actor: it must not become the service itself."""
    function = declare(lambda: None, needs="tests.manage")
    with pytest.raises(Unauthorized), unit_of_work():
        function.enqueue()
    assert calls() == []


def test_it_runs_as_the_one_who_asked_with_no_more_than_they_had(declare):
    ran = []
    function = declare(lambda n: ran.append((n, me())), needs="tests.manage")
    call = enqueue(function, Actor(ADA, frozenset({"tests.manage"}), roles=("user",)), n=3)
    assert outbox.run(call) is True
    ((n, actor),) = ran
    assert (n, actor.user_id, actor.permissions, actor.roles) == (3, ADA, frozenset({"tests.manage"}), ("user",))
    assert not actor.may("tests.other")


def test_the_service_itself_may_ask_for_anything_and_stays_the_service(declare):
    ran = []
    function = declare(lambda: ran.append(me()), needs="tests.manage")
    assert outbox.run(enqueue(function, SERVICE)) is True
    assert ran == [SERVICE]


def test_what_nobody_in_particular_sets_going_may_do_nothing(declare):
    ran = []
    function = declare(lambda: ran.append(me()))
    with unit_of_work():
        call = function.enqueue()
    assert outbox.run(call) is True
    assert ran == [NOBODY]
    assert (NOBODY.user_id, NOBODY.may("tests.manage"), NOBODY == SERVICE) == (None, False, False)


def test_a_call_whose_row_was_given_too_little_is_not_made(declare):
    ran = []
    function = declare(lambda: ran.append(1), needs="tests.manage", attempts=1)
    call = enqueue(function, Actor(ADA, frozenset({"tests.manage"})))
    lesser = {"user_id": str(ADA), "roles": [], "permissions": ["tasks.read"], "everything": False}
    db.session.execute(sa.update(Call).where(Call.id == call).values(actor=lesser))
    db.session.commit()
    assert outbox.run(call) is False
    assert (ran, [(c.state, c.error) for c in calls()]) == ([], [(DEAD, "MissingPermission")])


# ---- the request id


def test_the_request_id_goes_into_the_row_the_call_and_its_log_lines(declare, caplog):
    seen = []

    def run():
        seen.append(current_request_id())
        log.warning("at work")
        seen.append(json.loads(JSONFormatter().format(caplog.records[-1]))["request_id"])

    function = declare(run)
    with use_request_id("req-12345678"):
        call = enqueue(function, SERVICE)
    assert [c.request_id for c in calls()] == ["req-12345678"]
    with use_request_id("another-request"):
        outbox.run(call)
    assert seen == ["req-12345678", "req-12345678"]


def test_the_request_id_of_an_http_request_reaches_the_listeners_row(app, ada, monkeypatch):
    listener = outbox.Function("tasks.task_created > tests.listen", outbox.LISTENER, lambda payload: None)
    monkeypatch.setitem(app.extensions["functions"], listener.name, listener)
    monkeypatch.setitem(app.extensions["listeners"], "tasks.task_created", [listener])
    project = ada.post("tasks/projects", {"name": "Ids"}).get_json()
    answer = ada.post(f"tasks/projects/{project['id']}/tasks", {"title": "x"}, headers={"X-Request-ID": "from-the-client"})
    assert answer.headers["X-Request-ID"] == "from-the-client"
    (row,) = db.session.scalars(sa.select(Call).where(Call.function == listener.name))
    assert (row.request_id, row.actor["user_id"]) == ("from-the-client", ada.id)


# ---- giving up


def test_a_failing_call_is_tried_later_and_later_then_set_aside_dead_and_seen(declare, caplog):
    def fail():
        db.session.execute(sa.text("create temporary table half_done ()"))
        raise RuntimeError("not today")

    function = declare(fail, attempts=3)
    with use_request_id("req-12345678"):
        call = enqueue(function, SERVICE)
    pauses = []
    for _ in range(3):
        due_now(call)
        before = dt.datetime.now(dt.UTC)
        assert outbox.run(call) is False
        (row,) = calls()
        pauses.append(round((row.run_at - before).total_seconds()))
        # Not due: another look makes no other attempt.
        assert outbox.run(call) is False
    assert pauses == [2, 4, 8]
    assert [(row.state, row.attempts, row.error) for row in calls()] == [(DEAD, 3, "RuntimeError")]
    due_now(call)
    assert outbox.run(call) is False
    assert call not in outbox.due((outbox.BACKGROUND,))
    assert calls()[0].attempts == 3
    assert db.session.scalar(sa.text("select to_regclass('half_done')")) is None
    failures = [record for record in caplog.records if record.name == "app.outbox"]
    assert [record.levelname for record in failures] == ["ERROR"] * 3 + ["CRITICAL"]
    assert failures[-1].getMessage() == "call of tests.work is dead after 3 attempts"


def test_the_pause_between_attempts_is_an_hour_at_most(declare):
    def fail():
        raise RuntimeError

    function = declare(fail, attempts=100)
    call = enqueue(function, SERVICE)
    db.session.execute(sa.update(Call).where(Call.id == call).values(attempts=40))
    db.session.commit()
    before = dt.datetime.now(dt.UTC)
    outbox.run(call)
    (row,) = calls()
    assert (row.state, round((row.run_at - before).total_seconds())) == (WAITING, 3600)


def test_an_attempt_that_ends_with_its_process_counts_and_waits_its_turn(declare, caplog):
    ran = []

    def end():
        ran.append(1)
        raise SystemExit  # nothing below the edge catches this: as little is done as when the process is killed

    call = enqueue(declare(end, attempts=2), SERVICE)
    for attempt in (1, 2):
        due_now(call)
        with pytest.raises(SystemExit):
            outbox.run(call)
        assert [(row.state, row.attempts, row.error) for row in calls()] == [(WAITING, attempt, None)]
        assert outbox.run(call) is False
        assert outbox.due((outbox.BACKGROUND,)) == []
    due_now(call)
    assert outbox.run(call) is False
    assert [(row.state, row.attempts, row.error) for row in calls()] == [(DEAD, 2, "ProcessDied")]
    assert len(ran) == 2
    assert caplog.records[-1].getMessage() == "call of tests.work is dead after 2 attempts"


def test_a_call_is_made_by_one_process_alone_although_it_takes_longer_than_the_pause(real, monkeypatch):
    ran, results, ended = [], [], threading.Event()

    def work():
        ran.append(1)
        time.sleep(0.6)

    function = add(real, background("tests.work")(work), monkeypatch)
    with real.app_context():
        call = enqueue(function, SERVICE)
        with unit_of_work():
            # With the exponent negative, the pause is an eighth of a second.
            db.session.execute(sa.update(Call).values(attempts=-4))

    def look():
        with real.app_context():
            while not ended.is_set():
                results.append(outbox.run(call))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1.0)
    ended.set()
    for thread in threads:
        thread.join(20)
    assert (ran, results.count(True)) == ([1], 1)
    assert len(results) > 20
    with real.app_context():
        assert calls() == []


def test_no_time_out_breaks_off_a_call(database, app):
    client = app.extensions["redis"].client
    client.flushdb()
    bg.push(client, [uuid.uuid4()])
    (job,) = Queue(bg.QUEUE, connection=client, serializer=JSONSerializer).get_jobs()
    assert job.timeout == -1
    for settings, shown in (({"LONG_CALLS": True}, "0"), ({}, "1min")):
        other = create_app({**kit.QUICK, "DATABASE_URL": database, "REDIS_URL": kit.redis_url(), **settings})
        with other.app_context():
            assert db.session.scalar(sa.text("show idle_in_transaction_session_timeout")) == shown
        kit.dispose(other)


# ---- schedules


def scheduled(at: dt.timedelta) -> None:
    with unit_of_work():
        db.session.execute(sa.update(Schedule).values(next_at=sa.func.now() + at))


def test_a_schedule_ticks_once_however_many_schedulers_there_are(real, monkeypatch):
    hourly = add(real, background("tests.work", every=dt.timedelta(hours=1))(lambda: None), monkeypatch)
    for round_ in range(5):
        ticked, start = [], threading.Barrier(6)

        def look(ticked=ticked, start=start):
            with real.app_context():
                start.wait()
                ticked.append(bg.tick([hourly]))

        threads = [threading.Thread(target=look) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert sorted(ticked) == [0, 0, 0, 0, 0, 1]
        with real.app_context():
            assert len(calls()) == round_ + 1
            scheduled(dt.timedelta(seconds=-1))


def test_what_was_missed_while_nobody_ticked_is_made_up_for_once(declare):
    hourly = declare(lambda: None, every=dt.timedelta(hours=1))
    assert bg.tick([hourly]) == 1
    assert bg.tick([hourly]) == 0
    scheduled(dt.timedelta(hours=-5, minutes=-30))
    assert [bg.tick([hourly]) for _ in range(3)] == [1, 0, 0]
    left = db.session.scalar(sa.select(Schedule.next_at - sa.func.now()).where(Schedule.function == "tests.work"))
    assert dt.timedelta(minutes=59) < left <= dt.timedelta(hours=1)
    assert len(calls()) == 2


def test_a_schedule_acts_for_the_service_even_where_a_permission_is_needed(declare):
    ran = []
    hourly = declare(lambda: ran.append(me()), every=dt.timedelta(hours=1), needs="tests.manage")
    assert bg.tick([hourly]) == 1
    assert outbox.run(calls()[0].id) is True
    assert ran == [SERVICE]
