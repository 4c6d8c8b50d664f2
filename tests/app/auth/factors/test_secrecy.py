"""What is secret stays out of logs, problems, the audit log and the database; whoever owns the account is told of changes."""

import logging

import sqlalchemy as sa

from app.audit.models import Origin
from app.auth.factors.models import PendingLogIn, RecoveryCode, Totp
from app.extensions import db
from app.notifications.models import Mail
from app.observe.redact import redact
from tests.factors import App, asked, finish, with_passkey
from tests.kit import json_of


def told(person):
    """The sentence of each mail about second factors, the oldest first."""
    mine = sa.select(Mail.text).where(Mail.recipient == person.email, Mail.template == "auth.second_factor_changed").order_by(Mail.id)
    return [text.split("\n\n")[1] for text in db.session.scalars(mine)]


def test_no_secret_is_logged_audited_mailed_or_stored(client, ada, caplog):
    caplog.set_level(logging.DEBUG)
    enrolment = json_of(ada.post("accounts/me/totp"))
    app = App(enrolment["secret"])
    code = app.code(-1)
    recovery = json_of(ada.post("accounts/me/totp/confirmation", {"code": code}))["recovery_codes"]
    token = asked(client, ada)["token"]
    answers = [finish(client, token, code="000000"), finish(client, token, code=recovery[0]), finish(client, token, code=recovery[0])]
    assert [answer.status_code for answer in answers] == [401, 201, 401]
    kept = [
        *(str(row) for row in db.session.execute(sa.select(Origin.details))),
        *(str(row) for row in db.session.execute(sa.select(Mail.text, Mail.html))),
        *(str(row) for row in db.session.execute(sa.select(Totp.secret))),
        *(str(row) for row in db.session.execute(sa.select(RecoveryCode.hash))),
        *(str(row) for row in db.session.execute(sa.select(PendingLogIn.hash))),
        *(answer.text for answer in answers if answer.status_code != 201),
        caplog.text,
    ]
    for secret in (enrolment["secret"], token, *recovery):
        assert not any(secret in text for text in kept), secret


def test_the_token_between_two_steps_is_cut_out_of_every_text(client, ada, ada_app):
    token = asked(client, ada)["token"]
    assert redact(f"saw {token} there") == "saw [redacted] there"


def test_the_owner_is_told_of_every_change(client, ada, ada_app):
    key = with_passkey(ada, "Blue <one>")
    ada.post("accounts/me/recovery-codes")
    ada.delete(f"accounts/me/passkeys/{key.passkey_id}")
    fresh = json_of(ada.post("accounts/me/recovery-codes"))["recovery_codes"]
    finish(client, asked(client, ada)["token"], code=fresh[0])
    ada.delete("accounts/me/totp", match=None)
    assert told(ada) == [
        "An authenticator app was added to your account.",
        "The passkey “Blue <one>” was added to your account.",
        "Your account got new recovery codes; the old ones are void.",
        "The passkey “Blue <one>” was removed from your account.",
        "Your account got new recovery codes; the old ones are void.",
        "A recovery code opened your account; 9 are left.",
        "The authenticator app was removed from your account.",
    ]
    html = db.session.scalars(sa.select(Mail.html).where(Mail.template == "auth.second_factor_changed")).all()
    assert sum("Blue &lt;one&gt;" in text for text in html) == 2


def test_a_refusal_tells_nobody_anything(client, ada, ada_app):
    before = told(ada)
    ada.delete("accounts/me/passkeys/00000000-0000-7000-8000-000000000000")
    ada.post("accounts/me/totp/confirmation", {"code": "123456"})
    finish(client, asked(client, ada)["token"], code="never-a-code")
    assert told(ada) == before
