from collections.abc import Iterator

import pytest

from tests.dev.project import Project


@pytest.fixture
def fresh() -> Iterator[Project]:
    """A project as after `git clone`."""
    project = Project()
    yield project
    project.end()


@pytest.fixture
def project(fresh: Project) -> Project:
    """A project whose packages are installed."""
    return fresh.install()
