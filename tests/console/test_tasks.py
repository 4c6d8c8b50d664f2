"""The tasks page: live, kind to what somebody is typing, and usable on a phone."""

import json
import re

from playwright.sync_api import expect

from tests.processes import eventually

SUBSCRIBED = re.compile(r"^(43[0-9]+)\[.*$", re.DOTALL)
BEHIND = json.dumps([{"ok": False, "problem": {"status": 409, "code": "too_far_behind"}}])
BERLIN = {"timezone_id": "Europe/Berlin"}


def titles(page):
    return page.locator(".task .title")


def open_tasks(window, who, *, live=True, **options):
    page = window(who, "#/tasks", **options)
    if live:
        expect(page.locator(".live")).to_have_text("live")
    return page


def edit(page, title):
    page.get_by_role("button", name=title, exact=True).click()
    expect(page.get_by_label("Title")).to_be_focused()


def meet(page, method, handle):
    """Deal with the next such request for a task by hand."""
    met = []

    def route(found):
        if met or found.request.method != method:
            return found.fallback()
        met.append(found)
        return handle(found)

    page.route("**/tasks/tasks/*", route)


def save(page):
    """Press Save; what was sent."""
    with page.expect_request(lambda request: request.method == "PATCH") as sent:
        page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    return sent.value.post_data_json


def test_tasks_are_live_in_two_windows_and_move_by_keyboard(window, visitor):
    live = visitor("Live")
    page = window(live, "#/tasks")
    page.get_by_role("button", name="Make your first project").click()
    page.get_by_label("Name of the project").fill("House")
    page.get_by_role("button", name="Make it").click()
    for title in ("First", "Second", "Third"):
        page.get_by_label("New task").fill(title)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=title, exact=True)).to_be_visible()
    other = open_tasks(window, live)
    expect(titles(other)).to_have_text(["First", "Second", "Third"])
    page.get_by_label("Move Third").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(titles(other)).to_have_text(["First", "Third", "Second"])
    expect(page.get_by_label("Move Third")).to_be_focused()
    page.get_by_label("Done: First").check()
    expect(other.locator(".task.done .title")).to_have_text("First")
    other.get_by_label("Delete Third").click()
    expect(other.get_by_label("Delete Second")).to_be_focused()
    expect(titles(page)).to_have_text(["First", "Second"])
    other.get_by_role("button", name="Undo").click()
    expect(titles(page)).to_have_text(["First", "Third", "Second"])


def test_an_edit_sends_what_was_changed_and_keeps_due_times_of_both_halves_of_the_year(window, visitor):
    due = visitor("Due")
    house = due.project()
    for title, at in (("Summer", "2027-07-01T08:00:30Z"), ("Winter", "2027-01-01T09:00:30Z")):
        task_id = due.task(house, title, due_at=at, due_zone="America/New_York")
    page = open_tasks(window, due, live=False, **BERLIN)
    edit(page, "Summer")
    expect(page.get_by_label("Due", exact=True)).to_have_value("2027-07-01T10:00:30")
    page.get_by_label("Title").fill("High summer")
    assert save(page) == {"title": "High summer"}
    edit(page, "Winter")
    expect(page.get_by_label("Due", exact=True)).to_have_value("2027-01-01T10:00:30")
    page.get_by_label("Due", exact=True).fill("2027-06-30T10:00")
    assert save(page) == {"due_at": "2027-06-30T08:00:00.000Z", "due_zone": "Europe/Berlin"}
    saved = due.get(f"tasks/tasks/{task_id}")
    assert (saved["title"], saved["due_zone"], saved["version"]) == ("Winter", "Europe/Berlin", 2)


def test_live_updates_survive_refusals_and_end_with_the_session(window, visitor):
    ray = visitor("Ray")
    house = ray.project("Before")
    sockets, behind = [], []

    def meddle(socket):
        server, number = socket.connect_to_server(), len(sockets)
        sockets.append(socket)
        if number == 0:  # is refused, as with an outdated token
            socket.on_message(lambda text: server.send(text.replace('"token":"', '"token":"x')))
        if number == 2:  # was away for long
            server.on_message(lambda text: socket.send(SUBSCRIBED.sub(too_far_behind, text) if not behind else text))

    def too_far_behind(answer):
        behind.append(answer)
        return answer[1] + BEHIND

    page = window(ray, refusals=(503,), prepare=lambda page: page.route_web_socket("**/socket.io/**", meddle))
    expect(page.get_by_role("heading", name="Hello, Ray")).to_be_visible()
    page.route("**/auth/refreshes", lambda route: route.fulfill(status=503, json={"title": "Not right now."}), times=1)
    page.get_by_role("link", name="Tasks").click()
    expect(page.locator(".live")).to_have_text("live")
    sockets[-1].send('42["signed_out",{}]')
    eventually(lambda: page.wait_for_timeout(20) or len(sockets) == 3)
    expect(page.locator(".live")).to_have_text("live")
    ray.task(house, "After")
    expect(titles(page)).to_have_text(["Before", "After"])
    assert behind
    ray.delete("accounts/me/sessions")
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="signed out")).to_be_visible()


def test_bursts_refused_reads_and_late_answers_end_in_what_is_true(window, visitor):
    burst = visitor("Burst")
    house = burst.project("Kept", "Deleted")
    page = open_tasks(window, burst, refusals=(429,))
    reads, held = [], []
    page.on("request", lambda request: reads.append(request.url) if request.method == "GET" else None)
    deleted = burst.get(f"tasks/projects/{house}/tasks")["items"][1]["id"]

    def hold(route):
        held.append((route, route.fetch()))

    meet(page, "GET", hold)
    burst.edit(deleted, title="Changed before")
    eventually(lambda: page.wait_for_timeout(20) or held)
    burst.delete(f"tasks/tasks/{deleted}")
    route, answer = held[0]
    route.fulfill(response=answer)
    expect(titles(page)).to_have_text(["Kept"])

    refuse = {"status": 429, "headers": {"Retry-After": "0"}, "json": {"title": "Too many requests."}}
    meet(page, "GET", lambda route: route.fulfill(**refuse))
    burst.task(house, "Refused at first")
    expect(titles(page)).to_have_text(["Kept", "Refused at first"])

    reads.clear()
    items = [{"title": f"Many {number}"} for number in range(30)]
    burst.call("POST", f"tasks/projects/{house}/tasks/bulk", json={"items": items})
    expect(titles(page)).to_have_count(32)
    assert len(reads) < 10


def test_what_is_being_typed_outlives_what_others_do(window, visitor):
    typing = visitor("Typing")
    house = typing.project("Other", "Mine")
    other, mine = [task["id"] for task in typing.get(f"tasks/projects/{house}/tasks")["items"]]
    page = open_tasks(window, typing, refusals=(412,))
    edit(page, "Mine")
    page.get_by_label("Notes").fill("half a sen")
    typing.call("PUT", f"tasks/tasks/{other}/position", json={"after": mine})
    typing.edit(other, title="Elsewhere")
    expect(titles(page)).to_have_text(["Elsewhere"])
    expect(page.locator(".tasks > .task").first.get_by_label("Title")).to_be_visible()
    page.keyboard.type("tence")
    expect(page.get_by_label("Notes")).to_have_value("half a sentence")

    typing.edit(mine, title="Theirs", notes="their notes")
    expect(page.get_by_label("Title")).to_have_value("Theirs")
    expect(page.get_by_role("status").filter(has_text="the notes, too")).to_be_visible()
    expect(page.get_by_label("Notes")).to_have_value("half a sentence")

    def overtake(route):
        typing.edit(mine, priority=4)
        route.continue_()

    meet(page, "PATCH", overtake)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("at the same time")
    expect(page.get_by_label("Notes")).to_have_value("half a sentence")
    assert save(page) == {"notes": "half a sentence"}
    saved = typing.get(f"tasks/tasks/{mine}")
    assert (saved["title"], saved["notes"], saved["priority"]) == ("Theirs", "half a sentence", 4)

    edit(page, "Theirs")
    typing.delete(f"tasks/tasks/{mine}")
    expect(page.get_by_text("was deleted elsewhere")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_count(0)


def test_a_viewer_reads_the_notes_and_once_put_out_leaves_the_page(window, visitor):
    owner, guest = visitor("Owner"), visitor("Guest")
    shared = owner.project(name="Shared")
    owner.task(shared, "Read me", notes="# All of it\n\n- one", recurrence="FREQ=DAILY")
    owner.post(f"tasks/projects/{shared}/members", json={"email": guest.email, "role": "viewer"})
    page = open_tasks(window, guest)
    page.get_by_role("button", name="Read me").click()
    expect(page.locator(".details pre")).to_have_text("# All of it\n\n- one")
    expect(page.get_by_text("FREQ=DAILY")).to_be_visible()
    expect(page.get_by_role("button", name="Read me")).to_be_focused()
    expect(page.get_by_label("Done: Read me")).to_be_disabled()
    expect(page.locator(".task input:not([type=checkbox]), .handle, .remove")).to_have_count(0)
    owner.delete(f"tasks/projects/{shared}/members/{guest.id}")
    expect(page.get_by_text("No projects yet.")).to_be_visible()
    expect(page.get_by_text("no access to “Shared” any more")).to_be_visible()
    expect(titles(page)).to_have_count(0)


def test_tasks_are_dragged_and_a_refused_deletion_leaves_its_row(window, visitor):
    mover = visitor("Mover")
    house = mover.project("A", "B")
    first = mover.get(f"tasks/projects/{house}/tasks")["items"][1]["id"]
    mover.task(house, "B under", parent_id=first)
    mover.task(house, "C")
    page = open_tasks(window, mover, live=False, refusals=(403,))
    expect(titles(page)).to_have_text(["A", "B", "B under", "C"])
    row = {name: page.locator(".task", has=page.get_by_role("button", name=name, exact=True)) for name in ("A", "B under", "C")}
    row["C"].drag_to(row["B under"])
    expect(titles(page)).to_have_text(["A", "C", "B", "B under"])
    row["A"].hover()
    page.mouse.down()
    row["C"].hover()
    page.locator(".end").hover()
    page.mouse.up()
    expect(titles(page)).to_have_text(["C", "B", "B under", "A"])
    expect(page.locator(".end")).to_be_hidden()
    edit(page, "A")
    page.get_by_role("button", name="Move A up").click()
    expect(page.locator(".tasks > .task").nth(1).get_by_label("Title")).to_have_value("A")

    meet(page, "DELETE", lambda route: route.fulfill(status=403, json={"title": "Not you."}))
    page.get_by_label("Delete C").click()
    expect(page.get_by_text("Not you.")).to_be_visible()
    expect(page.get_by_role("button", name="C", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_every_page_fits_a_phone_in_the_dark(window, visitor):
    phone = visitor("Phone")
    house = phone.project("Short", name="A project with quite a long name for a phone")
    long = {"due_at": "2020-01-01T00:00:00Z", "due_zone": "America/Argentina/ComodRivadavia", "tags": ["x" * 50, "y" * 50], "priority": 4}
    above = phone.task(house, "Donaudampfschifffahrtsgesellschaftskapitän" * 3, status="doing", notes="n" * 200, **long)
    phone.task(house, "w" * 200, parent_id=above)
    page = open_tasks(window, phone, live=False, viewport={"width": 360, "height": 740}, color_scheme="dark", has_touch=True)

    def fits():
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        # Nothing sticks out of the card either, where it would be cut off.
        assert page.evaluate("[...document.querySelectorAll('main .card')].every((card) => card.scrollWidth <= card.clientWidth)")

    expect(titles(page)).to_have_count(3)
    fits()
    page.locator(".task .title").nth(1).click()
    expect(page.get_by_label("Title")).to_be_focused()
    expect(page.get_by_role("button", name="Move")).to_have_count(2)
    fits()
    page.get_by_text("Share and export").click()
    expect(page.get_by_text(phone.email)).to_be_visible()
    fits()
    for name in ("Sessions", "Tokens", "Account"):
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        fits()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(18, 19, 26)"
