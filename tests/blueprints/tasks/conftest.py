"""A project of Ada's, and what tests say about tasks."""

from typing import Any, NamedTuple

import pytest

from tests.kit import Person, json_of


class Shared(NamedTuple):
    """A project and what Ada, its owner, can say about it."""

    ada: Person
    id: str

    @property
    def tasks(self) -> str:
        return f"tasks/projects/{self.id}/tasks"

    def add(self, title: str = "Paint the fence", **more: Any) -> Any:
        answer = self.ada.post(self.tasks, {"title": title, **more})
        assert answer.status_code == 201, answer.text
        return json_of(answer)

    def task(self, task_id: str) -> Any:
        return json_of(self.ada.get(f"tasks/tasks/{task_id}"))

    def titles(self, query: str = "") -> list[str]:
        return [item["title"] for item in json_of(self.ada.get(f"{self.tasks}?{query}"))["items"]]

    def share(self, person: Person, role: str) -> Any:
        answer = self.ada.post(f"tasks/projects/{self.id}/members", {"email": person.email, "role": role})
        assert answer.status_code == 201, answer.text
        return json_of(answer)

    def changes(self) -> list[Any]:
        return json_of(self.ada.get(f"tasks/projects/{self.id}/changes?limit=100"))["items"]


@pytest.fixture
def project(ada) -> Shared:
    return Shared(ada, json_of(ada.post("tasks/projects", {"name": "House"}))["id"])


@pytest.fixture
def alan(client) -> Person:
    return Person(client, "Alan")
