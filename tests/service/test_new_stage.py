"""`flask stages new NAME`: in a copy of the project, the stage it writes is migrated, checked and passes its own test."""

import os
import shutil
import subprocess
import sys

import pytest

from app.config import BadSetting
from app.stage_template import write
from tests import kit
from tests.processes import ROOT, environment

PARTS = ("app", "blueprints", "migrations", "tests", "wsgi.py", "pyproject.toml")


@pytest.fixture
def project(tmp_path):
    """A copy of the project, and how to run Python in it on a database of its own."""
    for part in PARTS:
        source = ROOT / part
        ignored = shutil.ignore_patterns("__pycache__", "node_modules", "static")
        shutil.copytree(source, tmp_path / part, ignore=ignored) if source.is_dir() else shutil.copy(source, tmp_path / part)
    url = kit.new_database()
    env = environment(url, kit.redis_url(), PYTHONPATH=str(tmp_path), PYTHONDONTWRITEBYTECODE="1")
    env = {name: value for name, value in env.items() if not name.startswith("PYTEST")}

    def python(arguments, **more):
        command = [sys.executable, "-m", *arguments.split()]
        return subprocess.run(command, cwd=tmp_path, env={**env, **more}, capture_output=True, text=True, timeout=60, check=False)

    yield tmp_path, python
    kit.drop_database(url)


LOOK = """
from wsgi import app

for said, command in (("upgraded", "db upgrade"), ("unchanged", "db check"), ("checked", "stages check")):
    result = app.test_cli_runner().invoke(args=command.split())
    assert result.exit_code == 0, result.output + repr(result.exception)
    print(said)
"""


def done(result) -> str:
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-3000:]
    return result.stdout


def test_a_new_stage_is_migrated_checked_and_passes_its_own_test(project):
    folder, python = project
    written = done(python("flask stages new memo")).split()
    assert sorted(written) == sorted(
        f"{path}" for path in map(str, (p.relative_to(folder) for p in folder.rglob("*") if "memo" in p.parts and p.is_file()))
    )
    (folder / "look.py").write_text(LOOK)
    assert done(python("look")).splitlines() == ["upgraded", "No new upgrade operations detected.", "unchanged", "checked"]
    # Its own test asks for a database that holds its tables: a template of its own, not that of the other tests.
    kit_file = folder / "tests" / "kit.py"
    kit_file.write_text(kit_file.read_text().replace('TEMPLATE = "z2h_template"', f'TEMPLATE = "z2h_memo_{os.getpid()}"'))
    try:
        (test,) = [path for path in written if path.startswith("tests/")]
        assert "1 passed" in done(python(f"pytest -p no:cacheprovider -p no:xdist --override-ini addopts=--import-mode=importlib {test}"))
    finally:
        kit.drop_database(kit.database_url(f"z2h_memo_{os.getpid()}"))


@pytest.mark.parametrize("name", ["", "x", "Memo", "my-memo", "my_memo", "1st", "memo.x", "../memo", "a" * 21, "class", "import", "é"])
def test_a_name_that_cannot_be_one_is_refused_and_nothing_is_written(tmp_path, name):
    with pytest.raises(BadSetting, match="A stage's name is one short word"):
        write(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["auth", "accounts", "meta", "console", "core", "health", "loyalty"])
def test_a_name_that_is_taken_is_refused_and_nothing_is_written(tmp_path, name):
    with pytest.raises(BadSetting, match=f"There is a stage called {name} already"):
        write(name, tmp_path, taken={"auth", "accounts", "meta", "health", "console", "loyalty"})
    assert list(tmp_path.iterdir()) == []


def test_the_command_knows_what_is_taken(app, tmp_path, monkeypatch):
    """Core stages, Flask blueprints and stages of others: each would break the next start."""
    monkeypatch.setattr("app.stage_template.ROOT", tmp_path)
    for name in ("auth", "health", "tasks"):
        result = app.test_cli_runner().invoke(args=["stages", "new", name])
        assert result.exit_code == 1
        assert f"There is a stage called {name} already" in str(result.exception or "") + result.output
    assert list(tmp_path.iterdir()) == []
