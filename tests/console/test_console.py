"""The console in a real browser, against a real service."""

from playwright.sync_api import expect

from tests import kit
from tests.processes import eventually

NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })"


def sign_up(page, name, email):
    page.get_by_role("link", name="Make an account").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(kit.PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("heading", name=f"Hello, {name}")).to_be_visible()


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


def test_a_token_is_made_shown_once_and_revoked(window, visitor):
    page = window(visitor("Tok"), "#/tokens")
    page.get_by_label("Name", exact=True).fill("CI")
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_role("alert")).to_contain_text("Tick at least one")
    page.get_by_label("See projects and tasks").check()
    page.get_by_role("button", name="Make the token").click()
    expect(page.locator("#new-token")).to_contain_text("z2h_pat_")
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("No tokens yet.")).to_be_visible()


def test_another_session_is_signed_out_from_here(window, visitor):
    ses = visitor("Ses")
    page, other = window(ses, "#/sessions"), window(ses, "#/account")
    expect(other.get_by_role("button", name="Save")).to_be_visible()
    page.get_by_role("button", name="Sign out everywhere else").click()
    expect(page.get_by_text("this one")).to_be_visible()
    expect(other.get_by_role("heading", name="Welcome back")).to_be_visible()


def test_the_skip_link_leads_to_the_content_and_keeps_the_page(window, visitor):
    page = window(visitor("Skip"), "#/account")
    expect(page.get_by_role("heading", name="Account")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.evaluate("location.hash = '#main'")
    page.keyboard.press("Tab")
    expect(page.locator("main :focus")).to_be_visible()


def test_what_cannot_be_shown_says_so_and_can_be_tried_again(window, visitor):
    page = window(visitor("Again"), refusals=(503,), prepare=lambda page: page.add_init_script(NO_LOCKS))
    expect(page.get_by_role("heading", name="Hello, Again")).to_be_visible()
    page.route("**/api/v1/meta", lambda route: route.fulfill(status=503, json={"title": "Not right now."}), times=1)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Not right now.")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Hello, Again")).to_be_visible()
    page.route("**/accounts/me/sessions?*", lambda route: route.fulfill(status=503, json={"title": "Not right now."}), times=1)
    page.get_by_role("link", name="Sessions").click()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("this one")).to_be_visible()


def test_a_page_that_is_left_before_it_is_there_leaves_nothing_running(window, visitor):
    quick = visitor("Quick")
    quick.project()
    page = window(quick, "#/account", prepare=lambda page: page.clock.install())
    held, looks = [], []
    page.on("request", lambda request: looks.append(request) if request.url.endswith("/readyz") else None)
    page.route("**/tasks/projects/*/tasks?*", lambda route: held.append(route))
    page.get_by_role("link", name="Tasks").click()
    eventually(lambda: page.wait_for_timeout(20) or held)
    page.get_by_role("link", name="Overview").click()
    expect(page.locator(".dot.ok").first).to_be_visible()
    with page.expect_response("**/tasks/projects/*/tasks?*"):
        held[0].continue_()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Quick")
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    looks.clear()
    page.clock.run_for(30_000)
    page.get_by_role("link", name="Sessions").click()
    expect(page.get_by_text("this one")).to_be_visible()
    assert looks == []


def test_the_page_of_an_outside_stage_and_the_documentation_open(window, visitor, service):
    page = window(visitor("Docs"))
    page.get_by_role("link", name="Loyalty").click()
    expect(page.locator("main")).to_have_text("Loyalty")
    page.goto(f"{service.url}/docs")
    expect(page.locator(".opblock-tag").first).to_be_visible()
