"""A real service, a real browser, and people who use both."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import kit
from tests.processes import Caller, Service, environment, flask

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

SIGNED_IN = """
if (location.origin === "%s" && !sessionStorage.begun) {
  sessionStorage.begun = true;
  localStorage.setItem("z2h.refresh", "%s");
}
"""

# Playwright's five seconds are short on a busy machine.
expect.set_options(timeout=15_000)

_numbers = itertools.count(1)


class Visitor(Caller):
    """Somebody with an account, who can also be signed in in a browser."""

    def __init__(self, url: str, name: str):
        self.email, self.name = f"{name.lower()}{next(_numbers)}@example.com", name
        super().__init__(url, self.email, name)

    def signed_in(self) -> str:
        """A script for a browser in which this person is signed in; Playwright's storage_state would load a page to do that."""
        tokens = self.post("auth/sessions", json={"email": self.email, "password": kit.PASSWORD})
        return SIGNED_IN % (self.url, tokens["refresh_token"])

    def project(self, *titles: str, name: str = "House") -> str:
        project_id = self.post("tasks/projects", json={"name": name})["id"]
        for title in titles:
            self.task(project_id, title)
        return project_id

    def task(self, project_id: str, title: str, **more: Any) -> str:
        return self.post(f"tasks/projects/{project_id}/tasks", json={"title": title, **more})["id"]

    def edit(self, task_id: str, **changes: Any) -> None:
        answer = self.call("PATCH", f"tasks/tasks/{task_id}", json=changes, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text

    def delete(self, path: str) -> None:
        answer = self.call("DELETE", path, headers={"If-Match": "*"})
        assert answer.status_code == 204, answer.text


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    database = kit.new_database()
    env = environment(database, kit.redis_url(14))
    assert flask("db upgrade", env).returncode == 0
    found = Service(env).start()
    yield found
    # At once: windows were open a moment ago, and a service that ends politely waits for them.
    found.kill()
    kit.drop_database(database)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "The console's tests need Debian's chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, headless=True, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture
def visitor(service: Service) -> Callable[[str], Visitor]:
    return lambda name: Visitor(service.url, name)


@pytest.fixture
def window(browser: Browser, service: Service) -> Iterator[Callable[..., Page]]:
    """Opens windows of separate people; what a page complains about fails the test, but for refusals that it expects."""
    complaints, contexts = [], []

    def open_(
        who: Visitor | None = None,
        at: str = "",
        *,
        refusals: tuple[int, ...] = (),
        prepare: Callable[[Page], Any] = lambda page: None,
        **options: Any,
    ) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        if who:
            context.add_init_script(who.signed_in())
        page = context.new_page()
        prepare(page)
        expected = tuple(f"the server responded with a status of {status} " for status in (401, 409, *refusals))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text) if message.type == "error" and not any(each in message.text for each in expected) else None
            ),
        )
        page.goto(f"{service.url}/{at}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []
