"""Mail: written with what it tells of, sent over SMTP by a worker, tried again, given up, held back, kept here."""

import datetime as dt
import logging
import uuid

import pytest
import sqlalchemy as sa

from app.accounts import User, UserDeleted
from app.config import BadSetting
from app.db import unit_of_work
from app.events import emit
from app.extensions import db
from app.notifications import BadAddress, send_mail
from app.notifications.mail_delivery import purge_mail
from app.notifications.mail_service import ATTEMPTS
from app.notifications.models import Bounce, Mail, MailAttempt
from app.notifications.settings import mail_server
from app.outbox import Call
from tests.app.notifications.conftest import PASSWORD, free_port
from tests.kit import json_of, problem

TO = "ada@example.com"
DATA = {"title": "Hello <Ada>", "body": "Your code is 31415.", "link": "/verify?code=secret31415"}


def send(to=TO, data=DATA, **options) -> Mail:
    with unit_of_work():
        send_mail(to, "notifications.notification", data, **options)
    return mails()[-1]


def mails() -> list[Mail]:
    """Those of this file: an account that was made in a test has got one of its own."""
    ours = sa.select(Mail).where(Mail.template == "notifications.notification").order_by(Mail.id)
    return list(db.session.scalars(ours.execution_options(populate_existing=True)))


def attempts() -> list[tuple]:
    rows = db.session.execute(sa.select(MailAttempt.number, MailAttempt.outcome, MailAttempt.detail).order_by(MailAttempt.id))
    return [tuple(row) for row in rows]


def hurry() -> int | None:
    """Have the one call that waits be due now; how many seconds it would have waited."""
    with unit_of_work():
        wait = db.session.scalar(sa.select(Call.run_at - sa.func.now()).where(Call.function == "notifications.deliver_mail"))
        db.session.execute(sa.update(Call).values(run_at=sa.func.now()))
    return None if wait is None else round(wait.total_seconds() / 5) * 5


def make_admin(person) -> None:
    db.session.execute(sa.update(User).where(User.id == uuid.UUID(person.id)).values(roles=["user", "admin"]))


# ---- sent


def test_mail_is_sent_after_the_commit_as_text_and_html(app, serve, deliver, ada):
    post = serve()
    mail = send(account_id=uuid.UUID(ada.id))
    assert (mail.state, post.taken) == ("queued", [])
    assert deliver() >= 1
    ((sender, recipients, message),) = post.taken
    assert (sender, recipients) == ("no-reply@localhost", [TO])
    assert (message["Subject"], message["To"], message["From"]) == ("Hello <Ada>", TO, "Zero2Hero <no-reply@localhost>")
    assert message["Message-ID"] == mail.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_body(("plain",)).get_content()
    assert "Hello <Ada>\n\nYour code is 31415.\n" in text.replace("\r\n", "\n")
    assert "http://localhost:8000/verify?code=secret31415" in text
    html = message.get_body(("html",)).get_content()
    assert "Hello &lt;Ada&gt;" in html
    assert "Hello <Ada>" not in html
    (sent,) = mails()
    assert (sent.state, sent.attempts, sent.error, sent.text, sent.html) == ("sent", 1, None, "", None)
    assert attempts() == [(1, "sent", "")]


def test_mail_of_what_was_rolled_back_is_not_there(app, serve, deliver):
    post = serve()
    with pytest.raises(LookupError), unit_of_work():
        send(to=TO) and send_mail(TO, "notifications.nothing", {})
    deliver()
    assert (mails(), post.taken) == ([], [])


def test_a_mail_that_has_left_is_not_sent_twice(app, serve, deliver):
    from app.notifications.mail_delivery import deliver_mail

    post = serve()
    mail = send()
    deliver()
    with unit_of_work():
        deliver_mail.enqueue(mail_id=str(mail.id))
    deliver()
    assert len(post.taken) == 1


def test_starttls_and_a_password(app, serve, deliver, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    post = serve(certificate=certificate, user=True)
    send()
    deliver()
    assert post.sessions == [(True, True)]
    assert mails()[0].state == "sent"


def test_a_server_whose_certificate_nobody_signed_gets_nothing(app, serve, deliver, certificate):
    post = serve(certificate=certificate, user=True)
    send()
    deliver()
    assert post.taken == []
    assert (mails()[0].state, mails()[0].error) == ("queued", "SSLCertVerificationError: the mail server could not be reached safely")


def test_a_server_without_starttls_gets_nothing_where_it_is_asked_for(app, serve, deliver, monkeypatch):
    post = serve()
    plain = app.config["NOTIFICATIONS_SMTP_URL"]
    monkeypatch.setitem(app.config, "NOTIFICATIONS_SMTP_URL", mail_server(f"smtp://localhost:{plain.port}?starttls=on"))
    send()
    deliver()
    assert (post.taken, mails()[0].state) == ([], "queued")


def test_a_password_that_is_wrong_waits_for_the_operator_and_is_in_no_log(app, serve, deliver, certificate, caplog, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    post = serve(certificate=certificate, user=True)
    port = app.config["NOTIFICATIONS_SMTP_URL"].port
    monkeypatch.setitem(app.config, "NOTIFICATIONS_SMTP_URL", mail_server(f"smtp://mailer:wrongpass@localhost:{port}?starttls=on"))
    with caplog.at_level(logging.DEBUG):
        send()
        deliver()
    assert (post.taken, mails()[0].state, mails()[0].error) == ([], "queued", "535 the mail server refused the log-in")
    ours = " ".join(record.getMessage() for record in caplog.records if not record.name.startswith("mail."))  # that is the stand-in
    assert "later" in ours
    assert not any(secret in ours for secret in ("wrongpass", PASSWORD, "31415", TO))
    assert "wrongpass" not in repr(app.config["NOTIFICATIONS_SMTP_URL"])


# ---- not yet, and never


def test_451_is_tried_again_with_the_same_message_id_until_it_is_taken(app, serve, deliver):
    post = serve()
    post.says["RCPT"] = "451 4.7.1 greylisted, try later"
    mail = send()
    deliver()
    assert (mails()[0].state, mails()[0].error) == ("queued", "451 4.7.1 greylisted, try later")
    assert mails()[0].text != ""
    assert hurry() == 15
    deliver()
    assert hurry() == 30
    post.says.clear()
    deliver()
    assert [message["Message-ID"] for _, _, message in post.taken] == [mail.message_id]
    assert [(number, outcome) for number, outcome, _ in attempts()] == [(1, "later"), (2, "later"), (3, "sent")]
    assert mails()[0].state == "sent"


def test_a_server_that_is_not_there_is_tried_again_and_then_given_up(app, deliver, monkeypatch):
    monkeypatch.setitem(app.config, "NOTIFICATIONS_SMTP_URL", mail_server(f"smtp://localhost:{free_port()}"))
    send()
    waits = []
    for _ in range(ATTEMPTS):
        deliver()
        waits.append(hurry())
    (mail,) = mails()
    assert (mail.state, mail.attempts, mail.text) == ("failed", ATTEMPTS, "")
    assert mail.error == "ConnectionRefusedError: the mail server could not be reached safely"
    assert waits == [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, None]


@pytest.mark.parametrize(("step", "said"), [("RCPT", "550 5.1.1 no such user"), ("DATA", "550 5.1.1 no such user")])
def test_550_marks_the_address_and_holds_further_mail_back(app, serve, deliver, step, said):
    post = serve()
    post.says[step] = said
    send()
    deliver()
    post.says.clear()
    send("ADA@example.com")
    deliver()
    first, second = mails()
    assert (first.state, first.error, first.text) == ("bounced", said, "")
    assert (second.state, second.error) == ("bounced", f"held back, the address has bounced: {said}")
    assert (post.taken, hurry()) == ([], None)
    assert db.session.execute(sa.select(Bounce.address, Bounce.reason)).all() == [(TO, said)]
    send("grace@example.com")
    deliver()
    assert [recipients for _, recipients, _ in post.taken] == [["grace@example.com"]]


@pytest.mark.parametrize(("step", "said"), [("MAIL", "550 sender refused"), ("DATA", "554 5.7.1 spam")])
def test_a_mail_that_is_refused_fails_and_the_address_stays_good(app, serve, deliver, step, said):
    post = serve()
    post.says[step] = said
    send()
    deliver()
    assert (mails()[0].state, mails()[0].error, hurry()) == ("failed", said, None)
    assert db.session.scalars(sa.select(Bounce.address)).all() == []


# ---- what cannot be sent


@pytest.mark.parametrize(
    "to",
    ["", "ada", "ada@", "a b@example.com", "ada@example.com\r\nBcc: eve@example.com", "ada@example.com, eve@example.com", "<a@b.de>"],
)
def test_an_address_that_could_become_another_header_is_refused(app, to):
    with pytest.raises(BadAddress):
        send(to)
    assert mails() == []


def test_line_breaks_in_somebodys_name_stay_inside_of_the_subject(app, serve, deliver):
    post = serve()
    send(data={**DATA, "title": "Hi\r\nBcc: eve@example.com\n\nbody\u2028x"})
    deliver()
    ((_, recipients, message),) = post.taken
    assert recipients == [TO]
    assert message["Bcc"] is None
    assert message["Subject"] == "Hi Bcc: eve@example.com body x"


def test_a_template_that_nobody_has_writes_nothing(app):
    for name in ("notifications.nothing", "nobody.hello", "../../etc/passwd", "notifications.layout"):
        with pytest.raises(LookupError), unit_of_work():
            send_mail(TO, name, {})
    assert mails() == []


def test_a_translation_is_preferred_and_the_rest_falls_back(app, monkeypatch):
    monkeypatch.setitem(app.config, "NOTIFICATIONS_LOCALE", "de")
    mail = send()
    assert '<html lang="de">' in mail.html
    assert mail.subject == "Hello <Ada>"


def test_links_come_from_the_setting_and_never_from_a_request(app, monkeypatch):
    monkeypatch.setitem(app.config, "PUBLIC_URL", "https://app.example.com/")
    with app.test_request_context("/", headers={"Host": "evil.example"}):
        mail = send()
    assert "https://app.example.com/verify?code=secret31415" in mail.text
    assert "evil.example" not in mail.text + mail.html


# ---- the local outbox


def test_without_a_mail_server_mail_is_kept_for_who_may_read_it(app, deliver, ada):
    send(account_id=uuid.UUID(ada.id))
    deliver()
    problem(ada.get("notifications/outbox"), 403, "missing_permission")
    make_admin(ada)
    (kept,) = json_of(ada.get(f"notifications/outbox?state=kept&account_id={ada.id}&recipient={TO}"))["items"]
    assert (kept["state"], kept["recipient"], kept["subject"], kept["attempts"]) == ("kept", TO, "Hello <Ada>", 0)
    assert "secret31415" in kept["text"]
    assert "secret31415" in kept["html"]
    assert json_of(ada.get("notifications/outbox?state=sent"))["items"] == []
    problem(ada.get("notifications/outbox?state=lost"), 422)


def test_mail_is_forgotten_with_the_person_and_with_time(app, deliver, ada, grace):
    send(account_id=uuid.UUID(ada.id))
    send(account_id=uuid.UUID(grace.id))
    with unit_of_work():
        db.session.add(Bounce(address=TO, account_id=uuid.UUID(ada.id), reason="550"))
        emit(UserDeleted(uuid.UUID(ada.id)))
    deliver()
    assert [mail.account_id for mail in mails()] == [uuid.UUID(grace.id)]
    assert db.session.scalars(sa.select(Bounce.address)).all() == []
    with unit_of_work():
        db.session.execute(sa.update(Mail).values(created_at=sa.func.now() - dt.timedelta(days=8)))
        send("new@example.com")
        purge_mail()
    assert [mail.recipient for mail in mails()] == ["new@example.com"]


# ---- settings


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("smtp://u:p%40ss@mail.example.com", ("mail.example.com", 587, "starttls", "u", "p@ss")),
        ("smtps://u:p@mail.example.com", ("mail.example.com", 465, "implicit", "u", "p")),
        ("smtp://localhost:1025", ("localhost", 1025, "off", "", "")),
        ("smtp://mailpit:1025?starttls=off", ("mailpit", 1025, "off", "", "")),
    ],
)
def test_the_address_of_a_mail_server(value, read):
    found = mail_server(value)
    assert (found.host, found.port, found.tls, found.user, found.password) == read


@pytest.mark.parametrize(
    "value", ["mail.example.com", "http://x", "smtp://", "smtp://x:99999", "smtp://u:p@x?starttls=off", "smtp://x?starttls=maybe"]
)
def test_an_address_of_a_mail_server_that_cannot_be_used_is_refused(value):
    with pytest.raises(ValueError, match=r"must be|would send|neither"):
        mail_server(value)


def test_production_that_sends_mail_needs_to_know_its_own_address():
    from app import create_app

    production = {
        "APP_ENV": "production",
        "SECRET_KEY": "s" * 40,
        "JWT_KEYS": "j" * 40,
        "DATABASE_URL": "postgres://u:p@db.example.com/x",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "NOTIFICATIONS_SMTP_URL": "smtp://mail.example.com",
    }
    with pytest.raises(BadSetting, match="PUBLIC_URL is missing"):
        create_app(environ=production)
