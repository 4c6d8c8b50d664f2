"""Rules about concurrency, with real threads and real commits."""

import uuid
from collections import Counter

import sqlalchemy as sa

from app.accounts import User
from app.extensions import db
from tests.app.accounts.conftest import with_roles
from tests.app.test_races import as_another, at_once
from tests.kit import Person


def test_of_two_administrators_who_take_each_others_role_at_once_one_stays(real):
    client = real.test_client()
    people = [Person(client, name) for name in ("A", "B")]
    outcomes = Counter()
    for round_ in range(12):
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
            person.access_token = client.post(
                "/api/v1/auth/sessions", json={"email": person.email, "password": "a good long passphrase"}
            ).get_json()["access_token"]
    assert outcomes == {1: 12}
