"""`./dev test` brings its own stores and takes them away again."""

import json
import os
import signal

import pytest

from tests.dev.project import until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_neither_processes_nor_data_are_left(project, number):
    process = project.start("test")
    until(lambda: (project.folder / "tested").exists())
    until(lambda: any("sleep 60" in line for line in project.left()))
    (listed,) = (project.folder / ".dev").glob("test-*.json")
    data = json.loads(listed.read_text())["throwaway"]
    assert os.path.isdir(data)
    process.send_signal(number)
    assert process.wait(30) == (130 if number == signal.SIGTERM else -number)
    until(lambda: not project.left(), 20)
    until(lambda: not os.path.exists(data), 5)
    assert not listed.exists()


def test_its_exit_status_is_that_of_the_tests(project):
    project.write("pytest.py", "raise SystemExit(3)")
    assert project.run("test").returncode == 3
