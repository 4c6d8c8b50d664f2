"""Rules about concurrency, with real threads and real commits."""

import threading
from collections import Counter

import sqlalchemy as sa

from app.extensions import db
from blueprints.tasks.models import Change, Project, Task
from tests.kit import PASSWORD, Person, json_of


def at_once(count, act):
    """What `act(n)` returned in each of `count` threads that began together."""
    results, start = [None] * count, threading.Barrier(count)

    def run(n):
        start.wait()
        results[n] = act(n)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_of_four_updates_with_one_etag_exactly_one_wins_sixty_times(real):
    ada = Person(real.test_client())
    project = json_of(ada.post("tasks/projects", {"name": "Race"}))
    outcomes = Counter()
    for _ in range(60):
        task = json_of(ada.post(f"tasks/projects/{project['id']}/tasks", {"title": "race"}))

        def change(n, task=task):
            other = Person.__new__(Person)
            other.client, other.access_token = real.test_client(), ada.access_token
            return other.patch(f"tasks/tasks/{task['id']}", {"title": f"w{n}"}, match='"1"').status_code

        outcomes[tuple(sorted(at_once(4, change)))] += 1
    assert outcomes == {(200, 412, 412, 412): 60}
    with real.app_context():
        changes = db.session.scalar(sa.select(sa.func.count()).select_from(Change))
        sequence = db.session.scalar(sa.select(Project.sequence))
        assert (changes, sequence) == (120, 120)


def test_one_idempotency_key_twice_at_once_makes_one_row_and_one_answer(real):
    ada = Person(real.test_client())
    project = json_of(ada.post("tasks/projects", {"name": "Once"}))

    def add(n, key):
        other = Person.__new__(Person)
        other.client, other.access_token = real.test_client(), ada.access_token
        return other.post(f"tasks/projects/{project['id']}/tasks", {"title": "once"}, headers={"Idempotency-Key": key})

    for round_ in range(10):
        answers = at_once(3, lambda n, key=f"key-{round_}": add(n, key))
        assert [a.status_code for a in answers] == [201] * 3
        assert len({a.data for a in answers}) == 1
        assert sorted(a.headers.get("Idempotency-Replayed", "") for a in answers) == ["", "true", "true"]
    with real.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Task)) == 10


def test_the_same_key_with_another_body_is_a_conflict(real):
    ada = Person(real.test_client())
    assert ada.post("tasks/projects", {"name": "a"}, headers={"Idempotency-Key": "k"}).status_code == 201
    assert json_of(ada.post("tasks/projects", {"name": "b"}, headers={"Idempotency-Key": "k"}))["code"] == "key_reused"
    with real.app_context():
        assert db.session.scalars(sa.select(Project.name)).all() == ["a"]


def test_of_two_registrations_of_one_address_one_wins(real):
    def register(n):
        person = {"email": ["Same@example.com", "same@EXAMPLE.com"][n % 2], "password": PASSWORD, "name": "x"}
        return real.test_client().post("/api/v1/auth/registrations", json=person).status_code

    assert sorted(at_once(4, register)) == [201, 409, 409, 409]


def test_twenty_tabs_that_refresh_at_once_get_one_token(real):
    ada = Person(real.test_client())

    def refresh(_):
        return real.test_client().post("/api/v1/auth/refreshes", json={"refresh_token": ada.refresh_token})

    answers = at_once(20, refresh)
    assert {answer.status_code for answer in answers} == {201}
    assert len({json_of(answer)["refresh_token"] for answer in answers}) == 1


def test_many_writers_leave_no_gap_in_the_sequence(real):
    ada = Person(real.test_client())
    project = json_of(ada.post("tasks/projects", {"name": "Sequence"}))

    def add(n):
        other = Person.__new__(Person)
        other.client, other.access_token = real.test_client(), ada.access_token
        return [other.post(f"tasks/projects/{project['id']}/tasks", {"title": f"{n}.{m}"}).status_code for m in range(10)]

    assert at_once(6, add) == [[201] * 10] * 6
    with real.app_context():
        assert db.session.scalars(sa.select(Change.sequence).order_by(Change.sequence)).all() == list(range(1, 61))
