"""Accounts in the console: one service that asks for proof of work, a real browser, mail from the local outbox."""

import base64
import time

import psycopg
import pytest
from playwright.sync_api import expect

from app.auth.factors import totp
from tests import kit
from tests.console.test_passkeys import AUTHENTICATOR
from tests.processes import Service, environment, flask, flask_each
from tests.providers import openid, served

EXPECTED = (401, 403, 409)


@pytest.fixture(scope="module")
def corp():
    """Somewhere else where somebody is signed in."""
    person = {"sub": "s1", "name": "Cora", "email": "cora@example.com", "email_verified": True}
    provider = openid.Provider()
    with served(openid.flask_app(provider)) as url:
        provider.__init__(issuer=url, person=person)
        yield url


@pytest.fixture(scope="module")
def service(corp):
    """On localhost, for passkeys, and with an administrator."""
    database = kit.new_database()
    env = environment(database, kit.redis_url(13), AUTH_CAPTCHA="altcha", AUTH_CAPTCHA_COST="2", AUTH_SECOND_FACTOR_ROLES="staff")
    env |= {"AUTH_OIDC": "corp", "AUTH_OIDC_CORP_ISSUER": corp, "AUTH_OIDC_CORP_TITLE": "Corp"}
    env |= {"AUTH_OIDC_CORP_CLIENT_ID": "us", "AUTH_OIDC_CORP_CLIENT_SECRET": "our secret"}
    assert flask("db upgrade", env).returncode == 0
    found = Service(env)
    found.url = found.url.replace("127.0.0.1", "localhost")
    env["PUBLIC_URL"] = found.url
    yield found.start()
    found.kill()
    kit.drop_database(database)


@pytest.fixture(scope="module")
def desk(browser, service):
    """Opens a window of somebody who has an account now, signed in. What a page complains about fails the test."""
    contexts, complaints = [], []

    def open_(name=None, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(f"{message.text}: {message.location['url']}") if complaint(message) else None)
        page.goto(service.url)
        if name:
            sign_up(page, name)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def admin(desk, service):
    page = desk("Root")
    flask_each(service.env, "accounts make-admin root@example.com")
    page.reload()
    expect(page.get_by_role("link", name="People")).to_be_visible()
    return page


def complaint(message):
    return message.type == "error" and not any(f"with a status of {status} " in message.text for status in EXPECTED)


def sign_up(page, name):
    page.get_by_role("link", name="Make an account").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("E-mail address").fill(f"{name.lower()}@example.com")
    page.get_by_label("Password").fill(kit.PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("heading", name=f"Hello, {name}")).to_be_visible()


def sign_in(page, name):
    page.get_by_label("E-mail address").fill(f"{name.lower()}@example.com")
    page.get_by_label("Password").fill(kit.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page):
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()


def show(page, path, heading):
    page.evaluate(f"location.hash = '#/{path}'")
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()


def manage(page, name):
    show(page, "people", "People")
    page.get_by_label("Name or address").fill(name)
    page.get_by_role("button", name="Find").click()
    expect(page.locator("main ul > li")).to_have_count(1)
    page.get_by_label(f"Manage {name}").click()


def code_of(secret, later=0):
    step = totp.step_of(time.time()) + later
    return totp.code_at(base64.b32decode(secret + "=" * (-len(secret) % 8)), step)


def test_somebody_signs_up_with_proof_of_work_and_verifies_by_the_link_in_the_outbox(desk, admin):
    page = desk("Vera")
    show(page, "account", "Account")
    expect(page.get_by_text("not confirmed", exact=True)).to_be_visible()
    show(admin, "outbox", "Mail")
    admin.get_by_label("To").fill("vera@example.com")
    admin.get_by_role("button", name="Find").click()
    expect(admin.locator("main ul > li")).to_have_count(1)
    admin.get_by_text("Confirm your address").click()
    page.goto(admin.locator(".mail a").get_attribute("href"))
    page.get_by_role("button", name="Confirm it").click()
    expect(page.get_by_text("Your address is confirmed.")).to_be_visible()
    page.get_by_role("link", name="Go on").click()
    show(page, "account", "Account")
    expect(page.get_by_text("confirmed", exact=True)).to_be_visible()


def test_an_authenticator_app_is_asked_for_at_the_next_sign_in_and_a_recovery_code_opens_once(desk):
    page = desk("Otto")
    show(page, "security", "Security")
    page.get_by_role("button", name="Set it up").click()
    secret = page.locator("#totp-secret").inner_text()
    page.get_by_label("First code of the app").fill(code_of(secret))
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#recovery-codes span")).to_have_count(10)
    codes = page.locator("#recovery-codes span").all_inner_texts()
    assert len(set(codes)) == 10
    sign_out(page)
    sign_in(page, "Otto")
    page.get_by_label("Code").fill(code_of(secret, later=1))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Hello, Otto")).to_be_visible()
    for refused in (False, True):
        sign_out(page)
        sign_in(page, "Otto")
        page.get_by_label("Code").fill(codes[0])
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("alert") if refused else page.get_by_role("heading", name="Hello, Otto")).to_be_visible()
        if refused:
            page.get_by_role("link", name="Begin again").click()


def test_a_passkey_is_added_renamed_signs_in_alone_and_answers_the_step_up(desk, service):
    page = desk("Paul")
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    show(page, "security", "Security")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("This device", exact=True)).to_be_visible()
    page.get_by_text("Change", exact=True).click()
    page.get_by_label("New name").fill("Laptop")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_text("Laptop", exact=True)).to_be_visible()
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Hello, Paul")).to_be_visible()
    grow_old(service, "Paul")
    show(page, "security", "Security")
    page.get_by_text("Change", exact=True).click()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("Laptop", exact=True)).to_have_count(0)


def test_what_is_dangerous_asks_for_the_password_and_is_done_then(desk, service):
    page = desk("Stepan")
    grow_old(service, "Stepan")
    show(page, "security", "Security")
    page.get_by_role("button", name="Set it up").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Password").fill("wrong")
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_label("Password").fill(kit.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#totp-secret")).to_be_visible()


def test_an_administrator_keeps_somebody_out_and_lets_them_in_again(desk, admin):
    page = desk("Dora")
    manage(admin, "Dora")
    admin.get_by_label("Reason").fill("Because")
    admin.get_by_role("button", name="Disable").click()
    expect(admin.locator(".tag", has_text="disabled")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    sign_in(page, "Dora")
    expect(page.get_by_role("alert")).to_be_visible()
    admin.get_by_label("Manage Dora").click()
    admin.get_by_role("button", name="Let in again").click()
    expect(admin.locator(".tag", has_text="disabled")).to_have_count(0)
    sign_in(page, "Dora")
    expect(page.get_by_role("heading", name="Hello, Dora")).to_be_visible()


def test_who_acts_in_somebodys_place_sees_so_on_every_page_and_ends_it(desk, admin, service):
    desk("Imre")
    manage(admin, "Imre")
    admin.get_by_role("button", name="Act in their place").click()
    banner = admin.get_by_text("You act in the place of Imre.")
    expect(admin.get_by_role("heading", name="Hello, Imre")).to_be_visible()
    for path, heading in (("account", "Account"), ("sessions", "Sessions")):
        show(admin, path, heading)
        expect(banner).to_be_visible()
    admin.reload()
    expect(banner).to_be_visible()
    admin.get_by_role("button", name="Be Root again").click()
    expect(admin.get_by_role("heading", name="Hello, Root")).to_be_visible()
    expect(banner).to_have_count(0)


def test_somebody_signs_in_through_another_service_and_unlinks_it_from_no_other_way_in(desk):
    page = desk()
    page.get_by_role("button", name="Sign in with Corp").click()
    expect(page.get_by_role("heading", name="Hello, Cora")).to_be_visible()
    show(page, "security", "Security")
    page.get_by_role("button", name="Unlink").click()
    expect(page.locator(".toast")).to_contain_text("This is the last way into the account")
    expect(page.get_by_role("button", name="Unlink")).to_be_visible()
    page = desk("Linus")
    show(page, "security", "Security")
    page.get_by_role("button", name="Link").click()
    expect(page.get_by_role("alert")).to_be_visible()


def test_whose_role_needs_a_second_factor_is_led_to_where_there_are_some(desk, admin):
    page = desk("Stan")
    manage(admin, "Stan")
    admin.get_by_role("checkbox", name="staff").check()
    admin.get_by_role("button", name="Set the roles").click()
    expect(admin.locator("main .tag", has_text="staff")).to_be_visible()
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Your role needs a second factor.")
    page.get_by_role("button", name="Set it up").click()
    page.get_by_label("First code of the app").fill(code_of(page.locator("#totp-secret").inner_text()))
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#recovery-codes")).to_be_visible()
    show(page, "", "Hello, Stan")


def test_who_leaves_can_take_it_back(desk):
    page = desk("Lena")
    show(page, "account", "Account")
    page.get_by_text("Delete everything").click()
    page.get_by_label("Password to confirm it").fill(kit.PASSWORD)
    page.get_by_role("button", name="Delete it").click()
    sign_in(page, "Lena")
    expect(page.get_by_role("heading", name="You are leaving")).to_be_visible()
    page.get_by_role("button", name="Stay after all").click()
    expect(page.get_by_role("heading", name="Hello, Lena")).to_be_visible()


PAGES = [
    ("", "Hello, Root"),
    ("notifications", "Notifications"),
    ("security", "Security"),
    ("activity", "Activity"),
    ("account", "Account"),
]
FOR_ADMINS = [("people", "People"), ("audit", "Audit"), ("outbox", "Mail")]


def test_no_page_scrolls_sideways_on_a_phone(admin):
    admin.set_viewport_size({"width": 360, "height": 740})
    for path, heading in PAGES + FOR_ADMINS:
        show(admin, path, heading)
        expect(admin.locator("main li:visible, main form:visible").last).to_be_visible()
        assert admin.evaluate("document.documentElement.scrollWidth") == 360, path
    admin.set_viewport_size({"width": 1280, "height": 720})


def grow_old(service, name):
    """As if this person had proven who they are an hour ago."""
    with psycopg.connect(service.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(OLD, [f"{name.lower()}@example.com"])


OLD = """
update auth_session set authenticated_at = now() - interval '1 hour'
where user_id = (select id from accounts_user where email = %s)
"""
