"""What was begun and not finished is forgotten, and nothing else."""

import datetime as dt

import sqlalchemy as sa

from app.access import SERVICE, acting_as
from app.auth.factors.models import Challenge, Passkey, PendingLogIn, Totp
from app.auth.factors.purge import purge
from app.db import unit_of_work
from app.extensions import db
from tests.factors import asked


def count(kind):
    return db.session.scalar(sa.select(sa.func.count()).select_from(kind))


def test_what_expired_goes_and_what_waits_or_is_used_stays(client, ada, ada_app, ada_key):
    asked(client, ada)
    ada.post("accounts/me/totp")
    before = [count(kind) for kind in (Challenge, PendingLogIn, Totp, Passkey)]
    for later, expected in ((0, before), (1, [0, 0, 1, 1])):
        if later:
            ago = sa.func.now() - dt.timedelta(days=2)
            db.session.execute(sa.update(Challenge).values(expires_at=ago))
            db.session.execute(sa.update(PendingLogIn).values(expires_at=ago))
            db.session.execute(sa.update(Totp).values(created_at=ago))
        with acting_as(SERVICE), unit_of_work():
            purge()
        assert [count(kind) for kind in (Challenge, PendingLogIn, Totp, Passkey)] == expected
    assert db.session.scalars(sa.select(Totp.confirmed_at)).one() is not None
