"""Ways to tell somebody outside of the app, against stand-ins on loopback that speak the real protocols."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import logging
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import http_ece
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from app import http
from app.db import unit_of_work
from app.extensions import db
from app.http import breaker
from app.notifications import Kind, notify
from app.notifications.channels import Message
from app.notifications.channels import push as push_channel
from app.notifications.channels.base import retry_after
from app.notifications.deliveries import ATTEMPTS
from app.notifications.models import DeliveryAttempt, Key, Phone, Subscription, TextMessage
from app.outbox import Call
from app.stages import Stage
from tests.app.notifications.test_mail import mails, make_admin
from tests.kit import Person, json_of, problem

KIND = Kind(
    name="tests.poked", summary="Poked", title="{{ who }} poked you", body="{{ text }}", channels=("app", "push", "webhook", "sms", "mail")
)


class Peer:
    """A service on loopback: keeps requests, answers what it is told; ``says`` is (status, headers, body)."""

    def __init__(self):
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.says = (201, {}, b"")
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                peer.requests.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                status, headers, answer = peer.says
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_args): ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def peer():
    found = Peer()
    yield found
    found.close()


@pytest.fixture(autouse=True)
def setting(app, monkeypatch):
    """Kinds of these tests, and a network of one's own in which users may have push services and webhooks."""
    monkeypatch.setitem(app.extensions["stages"], "tests", Stage(name="tests", summary="", notifications=[KIND]))
    monkeypatch.setitem(app.config, "HTTP_PRIVATE_NETWORKS", (ip_network("127.0.0.1/32"),))
    breaker._states.clear()
    redis = app.extensions["redis"]
    monkeypatch.setattr(redis, "client", redis.patient(5.0))
    monkeypatch.setattr(redis, "_away_until", 0.0)
    redis.attempt(lambda client: client.flushdb(), None)


def only(person, *channels):
    wanted = {name: name in channels for name in ("app", "push", "mail", "sms", "webhook")} | {"app": True}
    assert person.patch("notifications/preferences/tests.poked", wanted).status_code == 200


def poke(person, who="Grace", text="hello", **options):
    with unit_of_work():
        notify(uuid.UUID(person.id), "tests.poked", {"who": who, "text": text}, **options)


def deliveries(person):
    (newest, *_) = json_of(person.get("notifications/notifications"))["items"]
    return json_of(person.get(f"notifications/notifications/{newest['id']}/deliveries"))["items"]


def states(person):
    return [(d["channel"], d["state"], d["attempts"], d["error"]) for d in deliveries(person)]


def hurry() -> int | None:
    """Have the delivery that waits be due now; how many seconds it would have waited."""
    with unit_of_work():
        wait = db.session.scalar(sa.select(Call.run_at - sa.func.now()).where(Call.function == "notifications.deliver"))
        db.session.execute(sa.update(Call).values(run_at=sa.func.now()))
    return None if wait is None else round(wait.total_seconds() / 5) * 5


# ---- mail


def test_by_mail_to_the_accounts_address_once_for_a_group(app, ada, deliver):
    only(ada, "mail")
    poke(ada, group="g", link="/tasks/7")
    poke(ada, group="g")
    deliver()
    (mail,) = mails()
    assert (mail.recipient, mail.subject, mail.account_id) == (ada.email, "Grace poked you", uuid.UUID(ada.id))
    assert "hello" in mail.text
    assert states(ada) == [("mail", "sent", 1, "handed to the mail outbox")]


def test_links_of_notifications_lead_to_this_service(app, ada, deliver, monkeypatch):
    monkeypatch.setitem(app.config, "PUBLIC_URL", "https://app.example.com")
    only(ada, "mail")
    poke(ada, link="/tasks/7")
    deliver()
    assert "https://app.example.com/tasks/7" in mails()[0].text


# ---- web push


class Browser:
    """What a browser holds: a key pair, a secret, an address at its push service."""

    def __init__(self, peer, path="/push/abc"):
        self.key, self.secret = ec.generate_private_key(ec.SECP256R1()), b"0123456789abcdef"
        point = self.key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        self.endpoint = peer.url + path
        keys = {"p256dh": url64(point), "auth": url64(self.secret)}
        self.subscription = {"endpoint": self.endpoint, "keys": keys, "expirationTime": None}

    def read(self, body: bytes) -> dict:
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm"))


def url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def subscribe(person, browser):
    answer = person.post("notifications/push/subscriptions", browser.subscription)
    assert answer.status_code == 201, answer.text
    return json_of(answer)


def test_a_push_is_signed_for_its_service_and_read_by_its_browser_alone(app, ada, peer, deliver):
    browser = Browser(peer)
    key = json_of(ada.get("notifications/push/key"))["public_key"]
    only(ada, "push")
    subscribe(ada, browser)
    poke(ada, link="/tasks/7", group="g")
    deliver()
    ((method, path, headers, body),) = peer.requests
    assert (method, path, headers["content-encoding"], headers["urgency"]) == ("POST", "/push/abc", "aes128gcm", "normal")
    assert int(headers["ttl"]) == 86_400
    assert len(headers["topic"]) == 32
    said = browser.read(body)
    assert (said["title"], said["body"], said["kind"], said["count"]) == ("Grace poked you", "hello", "tests.poked", 1)
    assert said["link"] == "http://localhost:8000/tasks/7"
    assert b"poked" not in body
    # As a push service checks it: our key, this service, not for long (RFC 8292).
    assert Vapid02.verify(headers["authorization"])
    token, given = headers["authorization"].removeprefix("vapid t=").split(",k=")
    claims = json.loads(from64(token.split(".")[1]))
    assert given.rstrip("=") == key
    assert (claims["aud"], claims["sub"]) == (peer.url, "mailto:no-reply@localhost")
    assert time.time() < claims["exp"] <= time.time() + 86_400
    assert states(ada) == [("push", "sent", 1, "201 from the push service")]


def test_each_push_service_gets_claims_of_its_own(app, ada, peer, deliver):
    other = Peer()
    try:
        only(ada, "push")
        for each in (peer, other):
            subscribe(ada, Browser(each))
        poke(ada)
        deliver()
        audiences = [json.loads(from64(each.requests[0][2]["authorization"].split("t=")[1].split(".")[1]))["aud"] for each in (peer, other)]
        assert audiences == [peer.url, other.url]
    finally:
        other.close()


def test_the_key_is_made_once_though_many_ask_at_once(real):
    ada = Person(real.test_client())
    start, found = threading.Barrier(6), []

    def ask():
        other = Person.__new__(Person)
        other.client, other.access_token = real.test_client(), ada.access_token
        start.wait()
        found.append(json_of(other.get("notifications/push/key"))["public_key"])

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (len(found), len(set(found))) == (6, 1)
    with real.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Key)) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_over_is_removed(app, ada, peer, deliver, status):
    only(ada, "push")
    subscribe(ada, Browser(peer))
    peer.says = (status, {}, b"")
    poke(ada)
    deliver()
    assert states(ada) == [("push", "gone", 1, f"{status}: the subscription is over")]
    assert json_of(ada.get("notifications/push/subscriptions"))["items"] == []
    poke(ada, "Alan")
    deliver()
    assert (len(peer.requests), states(ada)) == (1, [])


def test_a_push_service_that_asks_to_wait_is_waited_for(app, ada, peer, deliver):
    only(ada, "push")
    subscribe(ada, Browser(peer))
    peer.says = (429, {"Retry-After": "120"}, b"")
    poke(ada)
    deliver()
    assert states(ada) == [("push", "waiting", 1, "429 from the push service")]
    assert hurry() == 120
    peer.says = (503, {}, b"")
    deliver()
    assert hurry() == 30
    peer.says = (201, {}, b"")
    deliver()
    assert states(ada) == [("push", "sent", 3, "201 from the push service")]
    log = db.session.execute(sa.select(DeliveryAttempt.number, DeliveryAttempt.outcome).order_by(DeliveryAttempt.id)).all()
    assert [tuple(row) for row in log] == [(1, "later"), (2, "later"), (3, "sent")]


def test_who_is_away_for_good_is_given_up(app, ada, peer, deliver):
    only(ada, "push")
    subscribe(ada, Browser(peer))
    peer.says = (500, {}, b"")
    poke(ada)
    for _ in range(ATTEMPTS):
        deliver()
        hurry()
    assert [state[:3] for state in states(ada)] == [("push", "failed", ATTEMPTS)]
    assert len(peer.requests) == breaker.FAILURES  # then the breaker left it alone
    assert hurry() is None


@pytest.mark.parametrize(("status", "state"), [(400, "failed"), (403, "failed"), (413, "failed"), (200, "sent"), (302, "failed")])
def test_other_answers_are_final(app, ada, peer, deliver, status, state):
    only(ada, "push")
    subscribe(ada, Browser(peer))
    peer.says = (status, {"Location": "http://127.0.0.1:1/"}, b"")
    poke(ada)
    deliver()
    assert states(ada) == [("push", state, 1, f"{status} from the push service")]
    assert hurry() is None


def test_a_payload_is_never_larger_than_three_kilobytes():
    def made(**parts):
        given = {"title": "T", "body": "", "link": None, **parts}
        ids = {"delivery_id": uuid.uuid4(), "notification_id": uuid.uuid4(), "account_id": uuid.uuid4()}
        return Message(**ids, kind="k.k", count=1, sequence=1, data={}, at=dt.datetime.now(dt.UTC), urgent=False, **given)

    for parts in ({"body": "ü" * 2000}, {"body": "\x01" * 2000}, {"title": "🎉" * 250, "body": "🎉" * 2000, "link": "/" + "x" * 999}):
        found = push_channel.payload(made(**parts))
        assert 2_000 < len(found) <= 3_000, parts
        assert json.loads(found)["title"] == parts.get("title", "T")


def test_a_push_service_inside_is_not_asked(app, ada, peer, deliver, monkeypatch):
    only(ada, "push")
    browser = Browser(peer)
    subscribe(ada, browser)
    monkeypatch.setitem(app.config, "HTTP_PRIVATE_NETWORKS", ())
    poke(ada)
    deliver()
    assert (peer.requests, [state[:2] for state in states(ada)]) == ([], [("push", "gone")])
    problem(ada.post("notifications/push/subscriptions", browser.subscription), 403, "forbidden_address")
    assert db.session.scalars(sa.select(Subscription.id)).all() == []


def test_an_endpoint_belongs_to_who_subscribed_last(app, ada, grace, peer, deliver):
    browser = Browser(peer)
    subscribe(ada, browser)
    subscribe(grace, browser)
    assert json_of(ada.get("notifications/push/subscriptions"))["items"] == []
    (hers,) = json_of(grace.get("notifications/push/subscriptions"))["items"]
    assert hers["endpoint"] == browser.endpoint
    problem(ada.delete(f"notifications/push/subscriptions/{hers['id']}"), 404, "no_such_subscription")
    assert grace.delete(f"notifications/push/subscriptions/{hers['id']}").status_code == 204
    assert db.session.scalars(sa.select(Subscription.id)).all() == []


def test_of_too_many_browsers_the_oldest_go(app, ada, peer):
    for number in range(22):
        subscribe(ada, Browser(peer, f"/push/{number}"))
    found = json_of(ada.get("notifications/push/subscriptions?limit=50"))["items"]
    assert [s["endpoint"].rsplit("/")[-1] for s in found] == [str(number) for number in range(21, 1, -1)]


@pytest.mark.parametrize(
    "broken",
    [{"keys": {"p256dh": "A" * 87, "auth": "A" * 22}}, {"keys": None}, {"endpoint": "ftp://x.example/x"}, {"endpoint": "https://"}],
)
def test_a_subscription_that_cannot_be_is_refused(app, ada, peer, broken):
    problem(ada.post("notifications/push/subscriptions", Browser(peer).subscription | broken), 422)
    assert db.session.scalars(sa.select(Subscription.id)).all() == []


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [("120", 120, 120), ("0", 0, 0), ("-5", 0, 0), ("soon", 0, 0), ("", 0, 0), ("9999999", 86_400, 86_400), ("Wed, 01 Jan 2020 00:00:00 GMT", 0, 0)],
)  # fmt: skip
def test_retry_after(value, low, high):
    assert low <= retry_after(http.Reply(429, {"retry-after": value}, b"")) <= high


def test_retry_after_as_a_date():
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=100)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert 90 < retry_after(http.Reply(429, {"retry-after": soon}, b"")) <= 100


# ---- webhooks


def add_webhook(person, url):
    answer = person.post("notifications/webhooks", {"url": url})
    assert answer.status_code == 201, answer.text
    return json_of(answer)


def signed(secret, headers, body) -> bool:
    """As https://www.standardwebhooks.com has receivers check it."""
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 60
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    made = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), content, hashlib.sha256).digest()
    return headers["webhook-signature"] == f"v1,{base64.b64encode(made).decode()}"


def test_a_webhook_is_signed_and_its_secret_is_shown_once(app, ada, peer, deliver):
    only(ada, "webhook")
    hook = add_webhook(ada, peer.url + "/hook?x=1")
    assert hook["secret"].startswith("whsec_")
    (shown,) = json_of(ada.get("notifications/webhooks"))["items"]
    assert set(shown) == {"id", "url", "created_at", "disabled_at"}
    poke(ada)
    deliver()
    ((_, path, headers, body),) = peer.requests
    assert (path, headers["content-type"]) == ("/hook?x=1", "application/json")
    assert signed(hook["secret"], headers, body)
    assert not signed(hook["secret"], headers, body + b" ")
    said = json.loads(body)
    assert (said["type"], said["data"]["title"], said["data"]["details"]) == (
        "tests.poked",
        "Grace poked you",
        {"who": "Grace", "text": "hello"},
    )
    assert states(ada) == [("webhook", "sent", 1, "201")]


def test_a_webhook_that_fails_is_tried_again_with_the_same_id(app, ada, peer, deliver):
    only(ada, "webhook")
    hook = add_webhook(ada, peer.url)
    peer.says = (500, {}, b"")
    poke(ada)
    deliver()
    assert hurry() == 10
    peer.says = (204, {}, b"")
    deliver()
    first, second = peer.requests
    assert first[2]["webhook-id"] == second[2]["webhook-id"]
    assert signed(hook["secret"], second[2], second[3])
    assert states(ada) == [("webhook", "sent", 2, "204")]


def test_410_switches_a_webhook_off_and_a_new_secret_switches_it_on(app, ada, peer, deliver):
    only(ada, "webhook")
    hook = add_webhook(ada, peer.url)
    peer.says = (410, {}, b"")
    poke(ada)
    deliver()
    assert json_of(ada.get("notifications/webhooks"))["items"][0]["disabled_at"] is not None
    peer.says = (200, {}, b"")
    renewed = json_of(ada.put(f"notifications/webhooks/{hook['id']}/secret"))
    assert (renewed["disabled_at"], renewed["secret"] == hook["secret"]) == (None, False)
    poke(ada)
    deliver()
    assert signed(renewed["secret"], *peer.requests[-1][2:])


def test_strangers_and_the_sixth_webhook_are_refused(app, ada, grace, peer):
    hooks = [add_webhook(ada, f"{peer.url}/{number}") for number in range(5)]
    problem(ada.post("notifications/webhooks", {"url": peer.url}), 409, "too_many_webhooks")
    problem(grace.delete(f"notifications/webhooks/{hooks[0]['id']}"), 404, "no_such_webhook")
    problem(grace.put(f"notifications/webhooks/{hooks[0]['id']}/secret"), 404, "no_such_webhook")
    assert len(json_of(ada.get("notifications/webhooks"))["items"]) == 5
    assert ada.delete(f"notifications/webhooks/{hooks[0]['id']}").status_code == 204
    assert len(json_of(ada.get("notifications/webhooks"))["items"]) == 4


@pytest.mark.parametrize("url", ["http://10.0.0.1/x", "http://localhost/x", "http://169.254.169.254/latest"])
def test_a_webhook_that_leads_inside_is_refused(app, ada, monkeypatch, url):
    monkeypatch.setitem(app.config, "HTTP_PRIVATE_NETWORKS", ())
    found = problem(ada.post("notifications/webhooks", {"url": url}), 403, "forbidden_address")
    assert "/url" in json.dumps(found["errors"])
    assert json_of(ada.get("notifications/webhooks"))["items"] == []


def test_in_production_a_webhook_is_encrypted(app, ada, monkeypatch):
    monkeypatch.setitem(app.config, "APP_ENV", "production")
    problem(ada.post("notifications/webhooks", {"url": "http://example.com/hook"}), 403, "insecure_address")


def test_secrets_are_in_no_log(app, ada, peer, deliver, caplog):
    with caplog.at_level(logging.DEBUG):
        hook = add_webhook(ada, peer.url + "/secret-path")
        subscribe(ada, Browser(peer, "/push/secret-endpoint"))
        poke(ada, text="private matter")
        deliver()
    assert len(peer.requests) == 2
    assert not any(secret in caplog.text for secret in (hook["secret"], "secret-path", "secret-endpoint", "private matter", ada.email))


# ---- SMS


def twilio(app, monkeypatch, peer):
    for name, value in {"ACCOUNT_SID": "AC123", "AUTH_TOKEN": "twilio-token", "FROM": "+15005550006", "URL": peer.url}.items():
        monkeypatch.setitem(app.config, f"NOTIFICATIONS_TWILIO_{name}", value)


def verified(person):
    with unit_of_work():
        db.session.add(Phone(account_id=uuid.UUID(person.id), number="+4915112345678", verified_at=dt.datetime.now(dt.UTC)))


def code() -> str:
    return db.session.scalars(sa.select(TextMessage.text).order_by(TextMessage.id.desc())).first()[:6]


def test_a_number_takes_sms_once_its_code_was_typed_in(app, ada, deliver):
    only(ada, "sms")
    assert json_of(ada.put("notifications/phone", {"number": "+4915112345678"})) == {"number": "+4915112345678", "verified": False}
    poke(ada)
    assert deliveries(ada) == []
    right = code()
    wrong = "000000" if right != "000000" else "000001"
    problem(ada.post("notifications/phone/verification", {"code": wrong}), 403, "wrong_code")
    assert json_of(ada.get("notifications/phone"))["verified"] is False
    assert json_of(ada.post("notifications/phone/verification", {"code": right}))["verified"] is True
    problem(ada.post("notifications/phone/verification", {"code": right}), 403, "wrong_code")
    poke(ada, "Alan")
    deliver()
    assert states(ada) == [("sms", "sent", 1, "kept here: no SMS service is set, so nothing was sent")]
    problem(ada.get("notifications/outbox/texts"), 403)
    make_admin(ada)
    kept, _code = json_of(ada.get("notifications/outbox/texts"))["items"]
    assert (kept["number"], kept["text"]) == ("+4915112345678", "Alan poked you\nhello")
    assert ada.delete("notifications/phone").status_code == 204
    assert json_of(ada.get("notifications/phone")) == {"number": None, "verified": False}


def test_a_code_has_five_guesses_and_ten_minutes_and_comes_once_a_minute(app, ada):
    ada.put("notifications/phone", {"number": "+4915112345678"})
    problem(ada.put("notifications/phone", {"number": "+4915112345679"}), 409, "code_just_sent")
    problem(ada.delete("notifications/phone"), 409, "code_just_sent")
    right = code()
    wrong = "000000" if right != "000000" else "000001"
    for _ in range(5):
        problem(ada.post("notifications/phone/verification", {"code": wrong}), 403)
    problem(ada.post("notifications/phone/verification", {"code": right}), 403, "wrong_code")
    db.session.execute(sa.update(Phone).values(guesses=0, code_expires_at=sa.func.now() - dt.timedelta(seconds=1)))
    problem(ada.post("notifications/phone/verification", {"code": right}), 403, "wrong_code")
    assert json_of(ada.get("notifications/phone"))["verified"] is False
    for number in ("015112345678", "+0123456789", "+49", "+49151123456789012"):
        problem(ada.put("notifications/phone", {"number": number}), 422)


def test_twilio_sends_it(app, ada, peer, deliver, monkeypatch, caplog):
    twilio(app, monkeypatch, peer)
    verified(ada)
    only(ada, "sms")
    poke(ada)
    with caplog.at_level(logging.DEBUG):
        deliver()
    ((_, path, headers, body),) = peer.requests
    assert path == "/2010-04-01/Accounts/AC123/Messages.json"
    assert headers["authorization"] == "Basic " + base64.b64encode(b"AC123:twilio-token").decode()
    assert body == b"To=%2B4915112345678&From=%2B15005550006&Body=Grace+poked+you%0Ahello"
    assert states(ada) == [("sms", "sent", 1, None)]
    assert db.session.scalars(sa.select(TextMessage.id)).all() == []
    assert not any(secret in caplog.text for secret in ("twilio-token", "4915112345678", "hello"))


def test_what_twilio_refuses(app, ada, peer, deliver, monkeypatch):
    twilio(app, monkeypatch, peer)
    verified(ada)
    only(ada, "sms")
    peer.says = (429, {"Retry-After": "60"}, b"")
    poke(ada)
    deliver()
    assert (states(ada), hurry()) == ([("sms", "waiting", 1, "429 from Twilio")], 60)
    peer.says = (400, {}, b'{"code": 21602, "message": "a body is required"}')
    deliver()
    assert states(ada) == [("sms", "failed", 2, "400, code 21602 from Twilio")]
    peer.says = (400, {}, b'{"code": 21610, "message": "unsubscribed"}')
    poke(ada, "Alan")
    deliver()
    assert states(ada) == [("sms", "gone", 1, "400, code 21610 from Twilio")]
    assert json_of(ada.get("notifications/phone"))["verified"] is False


def test_a_code_that_cannot_be_sent_changes_nothing(app, ada, peer, monkeypatch):
    twilio(app, monkeypatch, peer)
    peer.says = (500, {}, b"")
    problem(ada.put("notifications/phone", {"number": "+4915112345678"}), 503, "no_text_messages")
    assert json_of(ada.get("notifications/phone")) == {"number": None, "verified": False}
