"""What happened to whom: in order, in groups, read and unread, live, wanted or not, and not at night."""

import datetime as dt
import threading
import uuid

import pytest
import sqlalchemy as sa

from app.access import Actor
from app.accounts import User, UserDeleted
from app.db import unit_of_work
from app.errors import NotFound
from app.events import emit
from app.extensions import db
from app.notifications import Kind, inbox, notify, quiet
from app.notifications.models import Delivery, Inbox, Notification, Preference
from app.stage_check import problems
from app.stages import Stage
from tests.kit import Person, json_of, problem

POKED = Kind(name="tests.poked", summary="Somebody poked you", title="{{ who }} poked you", body="{{ count }} in all", channels=("app",))
LOUD = Kind(name="tests.loud", summary="Loud", title="{{ who }}", channels=("app", "mail"), translations={"de": ("{{ who }}!", "Laut")})
ALARM = Kind(name="tests.alarm", summary="Alarm", title="Fire", channels=("app", "mail"), urgent=True)
STAGE = Stage(name="tests", summary="", notifications=[POKED, LOUD, ALARM])


@pytest.fixture(autouse=True)
def kinds(app, monkeypatch):
    monkeypatch.setitem(app.extensions["stages"], "tests", STAGE)


def poke(person, who="Grace", kind="tests.poked", **options):
    with unit_of_work():
        notify(uuid.UUID(person.id), kind, {"who": who}, **options)


def listed(person, query=""):
    return json_of(person.get(f"notifications/notifications?{query}"))["items"]


def summary(person):
    return json_of(person.get("notifications/summary"))


def since(person, after=0):
    return [(c["sequence"], c["title"], c["read_at"] is not None) for c in inbox.since(uuid.UUID(person.id), after, 100)]


# ---- told


def test_what_happened_is_listed_the_newest_first_for_its_owner_alone(app, ada, grace):
    poke(ada, "Grace", link="/tasks/1")
    poke(ada, "Alan\nTuring")
    second, first = listed(ada)
    assert (first["title"], first["body"], first["link"], first["kind"]) == ("Grace poked you", "1 in all", "/tasks/1", "tests.poked")
    assert (first["count"], first["read_at"], first["data"], first["sequence"]) == (1, None, {"who": "Grace"}, 1)
    assert (second["title"], second["sequence"]) == ("Alan Turing poked you", 2)
    assert (summary(ada), summary(grace)) == ({"sequence": 2, "unread": 2}, {"sequence": 0, "unread": 0})
    assert listed(grace) == []


def test_the_list_goes_on_where_a_page_ended(app, ada):
    for number in range(5):
        poke(ada, str(number))
    page = json_of(ada.get("notifications/notifications?limit=2"))
    rest = json_of(ada.get(f"notifications/notifications?limit=3&cursor={page['next_cursor']}"))
    assert [n["title"][0] for n in page["items"] + rest["items"]] == ["4", "3", "2", "1", "0"]
    assert rest["next_cursor"] is None


def test_what_was_rolled_back_was_not_told(app, ada):
    with pytest.raises(LookupError), unit_of_work():
        notify(uuid.UUID(ada.id), "tests.poked", {"who": "x"}) or notify(uuid.UUID(ada.id), "tests.nothing", {})
    assert (listed(ada), summary(ada)["sequence"]) == ([], 0)


def test_nobody_is_told_who_is_gone_or_disabled(app, ada):
    db.session.execute(sa.update(User).where(User.id == uuid.UUID(ada.id)).values(disabled_at=sa.func.now()))
    poke(ada)
    with unit_of_work():
        notify(uuid.uuid4(), "tests.poked", {"who": "x"})
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Notification)) == 0


def test_what_happens_again_raises_the_count_until_it_is_read(app, ada):
    poke(ada, "Grace", group="pokes")
    poke(ada, "Other")
    poke(ada, "Alan", group="pokes")
    group, other = listed(ada)
    assert (group["title"], group["body"], group["count"], group["sequence"]) == ("Alan poked you", "2 in all", 2, 3)
    assert other["title"] == "Other poked you"
    ada.put(f"notifications/notifications/{group['id']}/reading")
    poke(ada, "Edsger", group="pokes")
    assert [(n["title"], n["count"]) for n in listed(ada)] == [("Edsger poked you", 1), ("Alan poked you", 2), ("Other poked you", 1)]


# ---- read and unread


def test_one_is_read_and_unread_again(app, ada):
    poke(ada)
    (one,) = listed(ada)
    read = json_of(ada.put(f"notifications/notifications/{one['id']}/reading"))
    assert read["read_at"] is not None
    assert (listed(ada, "unread=true"), summary(ada)["unread"]) == ([], 0)
    assert json_of(ada.put(f"notifications/notifications/{one['id']}/reading")) == read
    unread = json_of(ada.delete(f"notifications/notifications/{one['id']}/reading"))
    assert (unread["read_at"], [n["id"] for n in listed(ada, "unread=true")]) == (None, [one["id"]])


def test_unread_again_beside_a_newer_one_of_its_group_it_stays_apart(app, ada):
    poke(ada, group="pokes")
    (old,) = listed(ada)
    ada.put(f"notifications/notifications/{old['id']}/reading")
    poke(ada, group="pokes")
    assert ada.delete(f"notifications/notifications/{old['id']}/reading").status_code == 200
    poke(ada, group="pokes")
    assert [n["count"] for n in listed(ada, "unread=true")] == [2, 1]


def test_a_stranger_reads_nothing_of_mine(app, ada, grace):
    poke(ada)
    (one,) = listed(ada)
    problem(grace.put(f"notifications/notifications/{one['id']}/reading"), 404, "no_such_notification")
    problem(grace.get(f"notifications/notifications/{one['id']}/deliveries"), 404, "no_such_notification")
    assert json_of(grace.post("notifications/readings", {"until": 100})) == {"read": 0}
    assert summary(ada)["unread"] == 1


def test_all_are_read_up_to_what_was_seen(app, ada):
    for number in range(4):
        poke(ada, str(number))
    seen = listed(ada)[1]["position"]
    assert json_of(ada.post("notifications/readings", {"until": seen})) == {"read": 3}
    assert [n["title"] for n in listed(ada, "unread=true")] == ["3 poked you"]
    assert len(listed(ada, "unread=false")) == 3
    assert json_of(ada.post("notifications/readings", {"until": seen})) == {"read": 0}


# ---- live


def test_the_stream_is_its_owners_alone(app, ada, grace):
    poke(ada)
    assert inbox.head(uuid.UUID(ada.id), Actor(uuid.UUID(ada.id))) == 1
    with pytest.raises(NotFound):
        inbox.head(uuid.UUID(ada.id), Actor(uuid.UUID(grace.id)))


def test_who_was_away_gets_every_notification_that_changed_as_it_is_now_in_order(app, ada):
    for who in "abc":
        poke(ada, who)
    assert since(ada) == [(1, "a poked you", False), (2, "b poked you", False), (3, "c poked you", False)]
    ada.put(f"notifications/notifications/{listed(ada)[2]['id']}/reading")
    assert since(ada, 3) == [(4, "a poked you", True)]
    ada.post("notifications/readings", {"until": 3})
    assert since(ada, 4) == [(5, "b poked you", True), (6, "c poked you", True)]
    assert summary(ada)["sequence"] == 6
    poke(ada, "d")
    assert since(ada, 6) == [(7, "d poked you", False)]


def test_ten_at_once_have_ten_numbers_and_a_group_counts_them_all(real, monkeypatch):
    monkeypatch.setitem(real.extensions["stages"], "tests", STAGE)
    ada = Person(real.test_client())
    start = threading.Barrier(10)

    def act(number):
        with real.app_context():
            start.wait()
            with unit_of_work():
                notify(uuid.UUID(ada.id), "tests.poked", {"who": str(number)}, group="g" if number % 2 else None)

    threads = [threading.Thread(target=act, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with real.app_context():
        assert db.session.scalar(sa.select(Inbox.sequence)) == 10
        rows = db.session.execute(sa.select(Notification.group_key, Notification.count, Notification.sequence)).all()
        assert sorted((row.group_key or "", row.count) for row in rows) == [("", 1)] * 5 + [("g", 5)]
        assert len({row.sequence for row in rows}) == 6


# ---- wanted or not


def channels(person, kind):
    return next(p["channels"] for p in json_of(person.get("notifications/preferences"))["items"] if p["kind"] == kind)


def test_people_choose_what_they_hear_of(app, ada, grace):
    assert channels(ada, "tests.poked") == {"app": True, "push": False, "mail": False, "sms": False, "webhook": False}
    changed = json_of(ada.patch("notifications/preferences/tests.poked", {"mail": True, "app": False}))
    assert (
        changed["channels"] == channels(ada, "tests.poked") == {"app": False, "push": False, "mail": True, "sms": False, "webhook": False}
    )
    assert channels(grace, "tests.poked")["app"] is True
    poke(ada)
    assert (listed(ada), since(ada), summary(ada)["unread"]) == ([], [], 0)
    assert db.session.scalars(sa.select(Delivery.channel)).all() == ["mail"]
    ada.patch("notifications/preferences/tests.poked", {"mail": False})
    poke(ada)
    assert len(db.session.scalars(sa.select(Notification.id)).all()) == 1


def test_a_preference_for_what_there_is_not_is_refused(app, ada):
    problem(ada.patch("notifications/preferences/tests.nothing", {"mail": True}), 404, "no_such_kind")
    problem(ada.patch("notifications/preferences/tests.poked", {"pigeon": True}), 422)
    problem(ada.patch("notifications/preferences/tests.poked", {"mail": "yes"}), 422)
    assert channels(ada, "tests.poked")["mail"] is False


def test_texts_are_in_the_language_of_the_service(app, ada, monkeypatch):
    monkeypatch.setitem(app.config, "NOTIFICATIONS_LOCALE", "de_AT")
    poke(ada, kind="tests.loud")
    assert (listed(ada)[0]["title"], listed(ada)[0]["body"]) == ("Grace!", "Laut")


# ---- quiet hours


@pytest.mark.parametrize(
    ("now", "zone", "starts", "ends", "over"),
    [
        ("2026-12-01T23:30", "UTC", "22:00", "07:00", "2026-12-02T07:00"),
        ("2026-12-02T06:59", "UTC", "22:00", "07:00", "2026-12-02T07:00"),
        ("2026-12-02T07:00", "UTC", "22:00", "07:00", None),
        ("2026-12-01T21:59", "UTC", "22:00", "07:00", None),
        ("2026-12-01T12:30", "UTC", "09:00", "09:00", "2026-12-02T09:00"),
        ("2026-12-01T08:30", "UTC", "09:00", "09:00", "2026-12-01T09:00"),
        ("2026-12-01T12:30", "UTC", "12:00", "13:00", "2026-12-01T13:00"),
        ("2026-12-01T13:00", "UTC", "12:00", "13:00", None),
        ("2026-12-01T21:30", "Europe/Berlin", "22:00", "07:00", "2026-12-02T06:00"),
        ("2026-03-28T23:00", "Europe/Berlin", "22:00", "07:00", "2026-03-29T05:00"),  # the clocks go forward that night
        ("2026-10-24T22:00", "Europe/Berlin", "22:00", "07:00", "2026-10-25T06:00"),  # and back
        ("2026-03-29T00:45", "Europe/Berlin", "22:00", "02:30", "2026-03-29T01:30"),  # 02:30 does not exist
    ],
)
def test_when_quiet_hours_are_over(now, zone, starts, ends, over):
    found = quiet.end(dt.datetime.fromisoformat(f"{now}+00:00"), zone, dt.time.fromisoformat(starts), dt.time.fromisoformat(ends))
    assert found == (None if over is None else dt.datetime.fromisoformat(f"{over}+00:00"))


def run_at(kind):
    from app.outbox import Call

    return db.session.scalars(sa.select(Call.run_at - sa.func.now()).where(Call.function == "notifications.deliver")).all()


def test_mail_waits_for_the_end_of_quiet_hours_and_what_is_urgent_does_not(app, ada):
    now = dt.datetime.now(dt.UTC)
    starts, ends = ((now + dt.timedelta(hours=h)).strftime("%H:%M") for h in (-1, 2))
    asked = {"zone": "UTC", "starts": starts, "ends": ends}
    assert json_of(ada.put("notifications/quiet-hours", asked)) == asked == json_of(ada.get("notifications/quiet-hours"))
    poke(ada, kind="tests.loud")
    (wait,) = run_at("tests.loud")
    assert dt.timedelta(hours=1, minutes=58) < wait < dt.timedelta(hours=2, minutes=1)
    assert len(listed(ada)) == 1
    poke(ada, kind="tests.alarm")
    assert sorted(run_at("tests.alarm"))[0] <= dt.timedelta()
    assert ada.delete("notifications/quiet-hours").status_code == 204
    assert json_of(ada.get("notifications/quiet-hours")) == {"zone": None, "starts": None, "ends": None}


def test_what_was_read_during_quiet_hours_is_not_told_again(app, ada, deliver):
    poke(ada, kind="tests.loud")
    ada.put(f"notifications/notifications/{listed(ada)[0]['id']}/reading")
    deliver()
    (delivery,) = json_of(ada.get(f"notifications/notifications/{listed(ada)[0]['id']}/deliveries"))["items"]
    assert (delivery["channel"], delivery["state"], delivery["error"], delivery["attempts"]) == ("mail", "skipped", "read meanwhile", 0)


@pytest.mark.parametrize(
    "body",
    [
        {"zone": "Mars/Olympus", "starts": "22:00", "ends": "07:00"},
        {"zone": "UTC", "starts": "24:00", "ends": "07:00"},
        {"zone": "UTC", "starts": "22:00"},
    ],
)
def test_quiet_hours_that_are_none_are_refused(app, ada, body):
    problem(ada.put("notifications/quiet-hours", body), 422)
    assert json_of(ada.get("notifications/quiet-hours"))["zone"] is None


# ---- manifests, and the end


def test_the_check_finds_kinds_that_cannot_be(app, monkeypatch):
    bad = Kind(name="other.kind", summary="", title="{{ who", channels=("pigeon",))
    monkeypatch.setitem(app.extensions["stages"], "tests", Stage(name="tests", summary="", notifications=[bad]))
    found = [sentence for sentence in problems(app) if "other.kind" in sentence]
    assert found == [
        "Stage tests declares other.kind, which must begin with tests.",
        "Notification other.kind has a channel pigeon, which there is not.",
        "Notification other.kind has a template that cannot be read: unexpected end of template, expected 'end of print statement'..",
    ]


def test_everything_is_forgotten_with_the_person(app, ada, grace, deliver):
    poke(ada, kind="tests.loud")
    poke(grace)
    ada.patch("notifications/preferences/tests.poked", {"mail": True})
    with unit_of_work():
        emit(UserDeleted(uuid.UUID(ada.id)))
    deliver()
    assert db.session.scalars(sa.select(Notification.account_id)).all() == [uuid.UUID(grace.id)]
    assert db.session.scalars(sa.select(Inbox.account_id)).all() == [uuid.UUID(grace.id)]
    assert db.session.scalars(sa.select(Preference.account_id)).all() == []
