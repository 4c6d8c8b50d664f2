"""The console in a real browser, against a real service."""

import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from tests import kit
from tests.processes import Service, environment, flask

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def service():
    database = kit.new_database()
    env = environment(database, kit.redis_url(14))
    assert flask("db upgrade", env).returncode == 0
    found = Service(env).start()
    yield found
    found.stop()
    kit.drop_database(database)


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "The console's tests need Debian's chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, headless=True, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture
def window(browser, service):
    """Opens windows of separate people; what a page complains about fails the test."""
    complaints, contexts = [], []

    def open_(**options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and "401" not in message.text and "409" not in message.text
                else None
            ),
        )
        page.goto(service.url)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def sign_up(page, name, email):
    page.get_by_role("link", name="Make an account").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(kit.PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("heading", name=f"Hello, {name}")).to_be_visible()


def sign_in(page, email):
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(kit.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_somebody_signs_up_sees_what_runs_and_signs_out(window):
    page = window()
    sign_up(page, "Ada", "ada@example.com")
    expect(page.get_by_text("Projects and things to do")).to_be_visible()
    expect(page.locator("li", has_text="database").locator(".dot.ok")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_label("Password").fill("wrong password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")


def test_a_token_is_made_shown_once_and_revoked(window):
    page = window()
    sign_up(page, "Tok", "tok@example.com")
    page.get_by_role("link", name="Tokens").click()
    page.get_by_label("Name", exact=True).fill("CI")
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_role("alert")).to_contain_text("Tick at least one")
    page.get_by_label("See projects and tasks").check()
    page.get_by_role("button", name="Make the token").click()
    expect(page.locator("#new-token")).to_contain_text("z2h_pat_")
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("No tokens yet.")).to_be_visible()


def test_another_session_is_signed_out_from_here(window):
    page = window()
    sign_up(page, "Ses", "ses@example.com")
    other = window()
    sign_in(other, "ses@example.com")
    expect(other.get_by_role("heading", name="Hello, Ses")).to_be_visible()
    page.get_by_role("link", name="Sessions").click()
    page.get_by_role("button", name="Sign out everywhere else").click()
    expect(page.get_by_text("this one")).to_be_visible()
    other.get_by_role("link", name="Account").click()
    other.get_by_label("Name", exact=True).fill("Nobody")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_role("heading", name="Welcome back")).to_be_visible()


def test_tasks_are_live_in_two_windows_and_move_by_keyboard(window):
    page = window()
    sign_up(page, "Live", "live@example.com")
    page.get_by_role("link", name="Tasks").click()
    page.get_by_role("button", name="Make your first project").click()
    page.get_by_label("Name of the project").fill("House")
    page.get_by_role("button", name="Make it").click()
    for title in ("First", "Second", "Third"):
        page.get_by_label("New task").fill(title)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=title, exact=True)).to_be_visible()
    other = window()
    sign_in(other, "live@example.com")
    other.get_by_role("link", name="Tasks").click()
    expect(other.locator(".task .title")).to_have_text(["First", "Second", "Third"])
    expect(other.locator(".live")).to_have_text("live")
    page.get_by_label("Move Third").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(other.locator(".task .title")).to_have_text(["First", "Third", "Second"])
    page.get_by_label("Done: First").check()
    expect(other.locator(".task.done .title")).to_have_text("First")
    other.get_by_label("Delete Second").click()
    expect(page.locator(".task .title")).to_have_text(["First", "Third"])
    other.get_by_role("button", name="Undo").click()
    expect(page.locator(".task .title")).to_have_text(["First", "Third", "Second"])


def test_the_page_fits_a_phone_in_the_dark(window):
    page = window(viewport={"width": 360, "height": 740}, color_scheme="dark")
    sign_up(page, "Phone", "phone@example.com")
    for name in ("Tasks", "Sessions", "Tokens", "Account"):
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(18, 19, 26)"


def test_the_page_of_an_outside_stage_and_the_documentation_open(window, service):
    page = window()
    sign_up(page, "Docs", "docs@example.com")
    page.get_by_role("link", name="Loyalty").click()
    expect(page.locator("main")).to_have_text("Loyalty")
    page.goto(f"{service.url}/docs")
    expect(page.locator(".opblock-tag").first).to_be_visible()
