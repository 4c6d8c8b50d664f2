"""`./dev up`, and that nothing of it outlives it."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request

import pytest

from tests.dev.project import Project, until


def get(project: Project) -> dict[str, str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{project.port}/", timeout=5) as answer:
        return json.load(answer)


def sql(project: Project, statement: str) -> str:
    command = [f"{os.environ['TEST_POSTGRES_BIN']}/psql", "-XAtq", "-d", get(project)["DATABASE_URL"], "-c", statement]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.strip()


def test_it_runs_what_the_procfile_says_and_prints_where_to_look(project):
    project.up()
    said = project.said()
    assert "web is here" in said
    until(lambda: "worker is here" in project.said())
    assert f"console   http://127.0.0.1:{project.port}/" in said
    assert f"API docs  http://127.0.0.1:{project.port}/docs" in said
    assert "sign in   ada@example.com  a password" in said
    assert sql(project, "select lower('ÄÖ')") == "äö"
    assert {entry["name"] for entry in project.listed()} >= {"postgres", "redis", "web", "worker"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_within_seconds(project, number):
    process = project.up()
    began = time.monotonic()
    process.send_signal(number)
    assert process.wait(20) == 0
    assert time.monotonic() - began < 8
    until(lambda: not project.left(), 5)
    assert not (project.folder / ".dev" / "up.json").exists()


def test_after_kill_9_nothing_is_left_and_the_next_run_goes_on_with_the_same_data(project):
    process = project.up()
    sql(project, "create table kept as select 42 as answer")
    process.kill()
    process.wait(10)
    again = project.up()
    assert sql(project, "select answer from kept") == "42"
    again.kill()
    again.wait(10)
    until(lambda: not project.left(), 15)


def test_what_a_program_started_in_a_session_of_its_own_ends_as_well(project):
    project.write("worker.py", "import subprocess; subprocess.run(['sleep', '61'], start_new_session=True)")
    process = project.up()
    until(lambda: any("sleep 61" in line for line in project.left()))
    process.kill()
    process.wait(10)
    until(lambda: not project.left(), 15)


def test_when_one_program_ends_all_are_stopped_and_it_is_named(project):
    project.write("worker.py", "import time; time.sleep(1); raise SystemExit('out of ideas')")
    process = project.start("up")
    assert process.wait(30) == 1
    assert "out of ideas" in project.said()
    assert "because worker ended" in project.said()
    until(lambda: not project.left(), 5)


def test_a_release_step_that_fails_is_shown_and_starts_nothing(project):
    project.write("release.py", "raise SystemExit('no such column')")
    done = project.run("up")
    assert done.returncode == 1
    assert "`python release.py` failed:\nno such column" in done.stdout
    assert "web is here" not in done.stdout
    until(lambda: not project.left(), 5)


def test_a_busy_port_is_one_sentence(project):
    with socket.socket() as other:
        other.bind(("127.0.0.1", project.port))
        other.listen()
        done = project.run("up")
    assert done.returncode == 1
    sentence = f"Port {project.port} is busy. Stop what uses it, or choose another: PORT={project.port + 1} ./dev up"
    assert done.stdout.strip().endswith(sentence)
    assert done.stdout.count("\n") == 1
    until(lambda: not project.left(), 5)


@pytest.mark.parametrize("port", ["eight", "0", "65536", "-1", "²"])
def test_a_port_that_is_none_is_one_sentence(project, port):
    done = project.run("up", PORT=port)
    assert done.returncode == 1
    assert f"PORT must be a number from 1 to 65535, not {port!r}." in done.stdout


def test_a_second_run_is_refused_and_stop_ends_the_first(project):
    process = project.up()
    second = project.run("up")
    assert second.returncode == 1
    assert f"already running in this folder (process {process.pid})" in second.stdout
    assert get(project)
    assert "stopped what was running" in project.run("stop").stdout
    assert process.wait(10) == 0
    assert "nothing was running" in project.run("stop").stdout


def test_a_warm_start_is_quick_and_releases_only_what_has_changed(project):
    releases = project.folder / "releases"

    def up() -> float:
        began = time.monotonic()
        process = project.up()
        took = time.monotonic() - began
        process.terminate()
        process.wait(20)
        return took

    up()
    assert up() < 5
    assert releases.read_text() == "."
    project.write("Procfile", (project.folder / "Procfile").read_text() + "# changed\n")
    up()
    assert releases.read_text() == ".."


def test_given_stores_are_used_and_none_is_started(project):
    given = {"DATABASE_URL": os.environ["TEST_DATABASE_URL"], "REDIS_URL": os.environ["TEST_REDIS_URL"]}
    project.up(**given)
    assert get(project) == given
    assert {entry["name"] for entry in project.listed()} == {"release", "demo", "web", "worker"}
