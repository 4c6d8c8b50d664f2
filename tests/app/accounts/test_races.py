"""Rules about concurrency, with real threads and real commits."""

import uuid
from collections import Counter

import sqlalchemy as sa

from app.access import SERVICE, acting_as
from app.accounts import User
from app.accounts.own.purge import purge
from app.db import unit_of_work
from app.extensions import db
from tests.app.accounts import later
from tests.app.accounts.conftest import with_roles
from tests.app.test_races import as_another, at_once
from tests.kit import PASSWORD, Person


def test_of_two_administrators_who_take_each_others_role_at_once_one_stays(real):
    client = real.test_client()
    people = [Person(client, name) for name in ("A", "B")]
    outcomes = Counter()
    for round_ in range(6):
        with real.app_context():
            db.session.execute(sa.update(User).values(disabled_at=None))
            for person in people:
                with_roles(person, "user", "admin")

        def act(n, round_=round_):
            me, other = as_another(real, people[n]), people[1 - n]
            if (round_ + n) % 3 == 0:
                return me.post(f"accounts/users/{other.id}/disablement", {}).status_code
            return me.patch(f"accounts/users/{other.id}", {"roles": ["user"]}).status_code

        statuses = at_once(2, act)
        outcomes[statuses.count(200)] += 1
        # The second is refused, or is no administrator any more when it comes.
        assert set(statuses) <= {200, 401, 403, 409}, statuses
        with real.app_context():
            able = sa.select(sa.func.count()).where(User.roles.contains(["admin"]), User.disabled_at.is_(None))
            assert db.session.scalar(able) == 1
        for person in people:
            with real.app_context():
                db.session.execute(sa.update(User).where(User.id == uuid.UUID(person.id)).values(disabled_at=None))
                db.session.commit()
            person.access_token = client.post("/api/v1/auth/sessions", json={"email": person.email, "password": PASSWORD}).get_json()[
                "access_token"
            ]
    assert outcomes == {1: 6}


def test_of_the_last_two_administrators_who_leave_at_once_one_stays(real):
    people = [Person(real.test_client(), name) for name in ("A", "B")]
    with real.app_context():
        for person in people:
            with_roles(person, "user", "admin")
    leaving = at_once(2, lambda n: as_another(real, people[n]).post("accounts/me/deletion", {"password": PASSWORD}).status_code)
    assert sorted(leaving) == [202, 409]
    with real.app_context():
        assert sorted(db.session.scalars(sa.select(User.deletion_at.is_(None)))) == [False, True]


def test_who_takes_it_back_at_the_last_moment_stays_or_does_not_and_never_both(real):
    client = real.test_client()
    outcomes = Counter()
    for _ in range(6):
        ada = Person(client)
        assert ada.post("accounts/me/deletion", {"password": PASSWORD}).status_code == 202
        signed_in = client.post("/api/v1/auth/sessions", json={"email": ada.email, "password": PASSWORD})
        ada.access_token = signed_in.get_json()["access_token"]
        with real.app_context():
            later.grace_passes(ada)

        def act(n, ada=ada):
            if n:
                return as_another(real, ada).delete("accounts/me/deletion", match=None).status_code
            with real.app_context(), acting_as(SERVICE), unit_of_work():
                return purge()

        answer = at_once(2, act)[1]
        with real.app_context():
            left = db.session.execute(sa.select(User.deletion_at, User.erased_at).where(User.id == uuid.UUID(ada.id))).one()
        assert (answer == 204, left.deletion_at is None, left.erased_at is None) in {(True, True, True), (False, False, False)}
        outcomes[answer] += 1
    assert set(outcomes) <= {204, 401, 404}


def test_of_several_archives_asked_for_at_once_one_is_made(real):
    ada = Person(real.test_client())
    asked = at_once(4, lambda _: as_another(real, ada).post("accounts/me/exports").status_code)
    assert sorted(asked) == [202, 409, 409, 409]
