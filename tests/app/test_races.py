"""Rules about concurrency, with real threads and real commits."""

import threading
from collections import Counter

import sqlalchemy as sa

from app.db import unit_of_work
from app.extensions import db
from app.web.idempotency import KEPT, IdempotencyKey
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


def test_an_old_key_used_again_by_several_at_once_makes_one_row(real):
    """Whoever finds the old answer deletes it, while the others still wait to read it."""
    ada = Person(real.test_client())
    project = json_of(ada.post("tasks/projects", {"name": "Again"}))

    def add(n, key):
        task = {"title": "again"}
        return as_another(real, ada).post(f"tasks/projects/{project['id']}/tasks", task, headers={"Idempotency-Key": key})

    for round_ in range(10):
        key = f"key-{round_}"
        add(0, key)
        with real.app_context(), unit_of_work():
            db.session.execute(sa.update(IdempotencyKey).values(created_at=sa.func.now() - KEPT - KEPT))
        answers = at_once(4, lambda n, key=key: add(n, key))
        assert [answer.status_code for answer in answers] == [201] * 4
        assert len({answer.data for answer in answers}) == 1
    with real.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Task)) == 20


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


def as_another(real, person):
    """The same person in another thread."""
    other = Person.__new__(Person)
    other.client, other.access_token = real.test_client(), person.access_token
    return other


def test_bulk_changes_edits_and_members_who_leave_wait_for_each_other_in_one_order(real):
    """Each locks the project first: none of them is ever the victim of a deadlock."""
    ada, grace = Person(real.test_client()), Person(real.test_client())
    project = json_of(ada.post("tasks/projects", {"name": "Order"}))["id"]
    a, b = (json_of(ada.post(f"tasks/projects/{project}/tasks", {"title": t}))["id"] for t in "ab")

    def act(n):
        me = as_another(real, ada)
        if n == 0:
            items = [{"id": a, "title": "x"}, {"id": b, "title": "x"}]
            return me.patch(f"tasks/projects/{project}/tasks/bulk", {"items": items}, match=None).status_code
        if n == 1:
            return me.patch(f"tasks/tasks/{b}", {"title": "y", "assignee_id": ada.id}).status_code
        if n == 2:
            return me.post(f"tasks/projects/{project}/tasks", {"title": "under", "parent_id": b}).status_code
        return me.delete(f"tasks/projects/{project}/members/{grace.id}").status_code

    for _ in range(25):
        ada.post(f"tasks/projects/{project}/members", {"email": grace.email, "role": "editor"})
        ada.patch(f"tasks/tasks/{a}", {"assignee_id": grace.id})
        assert at_once(4, act) == [200, 200, 201, 204]


def test_nothing_living_is_left_under_what_is_deleted_at_the_same_moment(real):
    ada = Person(real.test_client())
    project = json_of(ada.post("tasks/projects", {"name": "Above"}))["id"]
    outcomes = Counter()
    for _ in range(20):
        top = json_of(ada.post(f"tasks/projects/{project}/tasks", {"title": "top"}))["id"]

        def act(n, top=top):
            me = as_another(real, ada)
            if n:
                return me.post(f"tasks/projects/{project}/tasks", {"title": "under", "parent_id": top}).status_code
            return me.delete(f"tasks/tasks/{top}").status_code

        outcomes[tuple(at_once(3, act)[1:])] += 1
    assert set(outcomes) <= {(201, 201), (201, 409), (409, 201), (409, 409)}
    above = sa.orm.aliased(Task)
    orphans = sa.select(sa.func.count()).select_from(Task).join(above, above.id == Task.parent_id)
    with real.app_context():
        assert db.session.scalar(orphans.where(Task.deleted_at.is_(None), above.deleted_at.is_not(None))) == 0
