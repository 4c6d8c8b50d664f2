"""Nobody is ended by mistake: a list may be older than the processes that now have its numbers."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from devtools import identity
from devtools.processes import end_all


@pytest.fixture
def bystander() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def listing(path, process, **changes):
    entry = {"name": "web", "store": False, **identity.of(process.pid)}
    run = {"mark": "nobody-has-this", "boot": identity.boot(), "supervisor": entry, "throwaway": None, "entries": [entry], "urls": {}}
    path.write_text(json.dumps(run | changes))
    return path


def test_a_process_on_the_list_is_ended(tmp_path, bystander):
    assert end_all(listing(tmp_path / "up.json", bystander)) == 1
    assert bystander.wait(5) == -15


def test_a_process_that_has_the_number_of_an_ended_one_is_left_alone(tmp_path, bystander):
    entry = {"name": "web", "store": False, "pid": bystander.pid, "birth": "1"}
    assert end_all(listing(tmp_path / "up.json", bystander, entries=[entry])) == 0
    assert bystander.poll() is None


def test_a_list_of_before_the_machine_was_started_anew_means_nobody(tmp_path, bystander):
    listed = listing(tmp_path / "up.json", bystander, boot="an earlier one")
    assert end_all(listed) == 0
    assert bystander.poll() is None
    assert not listed.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"up"'])
def test_a_damaged_list_is_no_list(tmp_path, text):
    listed = tmp_path / "up.json"
    listed.write_text(text)
    assert end_all(listed) == 0
    assert not listed.exists()


def test_a_zombie_has_ended():
    process = subprocess.Popen(["true"])
    entry = identity.of(process.pid)
    import time

    deadline = time.monotonic() + 5
    while identity.lives(entry) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not identity.lives(entry)
    process.wait()
