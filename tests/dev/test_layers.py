"""The layers: import-linter's contracts hold for a new stage, and each of them notices what it is for."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.stage_template import write
from tests.dev.project import ROOT

LINT = str(Path(sys.executable).with_name("lint-imports"))


@pytest.fixture
def copy(tmp_path):
    """The code with a new stage, memo."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in ("app", "blueprints"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "static"))
    write("memo", tmp_path)
    return tmp_path


def verdicts(folder) -> tuple[dict[str, str], str]:
    """KEPT or BROKEN by the name of the contract, and everything that was said."""
    env = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run([LINT, "--no-cache"], cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)
    return dict(re.findall(r"^(\S.*?) (KEPT|BROKEN)\b", done.stdout, re.M)), done.stdout + done.stderr


def test_a_new_stage_keeps_every_contract(copy):
    found, said = verdicts(copy)
    assert set(found.values()) == {"KEPT"}, said
    assert len(found) == (copy / "pyproject.toml").read_text().count("[[tool.importlinter.contracts]]")


def test_every_contract_notices_what_it_forbids(copy):
    plant = {
        "app/reaching.py": "import blueprints.tasks",
        "blueprints/memo/listeners.py": "import blueprints.tasks.events",
        "blueprints/memo/models.py": "import blueprints.memo.service",
        "blueprints/memo/service.py": "import marshmallow",
        "blueprints/memo/cli.py": "import app.accounts.models, app.audit.models, app.auth.sessions, app.console.page, app.notifications.models",
    }
    for path, line in plant.items():
        (copy / path).write_text(f"{line}\n")
    found, said = verdicts(copy)
    assert found
    assert set(found.values()) == {"BROKEN"}, said
    for planted in (
        "app.reaching -> blueprints.tasks",
        "blueprints.memo.listeners -> blueprints.tasks.events",
        "blueprints.memo.models -> blueprints.memo.service",
        "blueprints.memo.service -> marshmallow",
        "blueprints.memo.cli -> app.accounts.models",
        "blueprints.memo.cli -> app.audit.models",
        "blueprints.memo.cli -> app.auth.sessions",
        "blueprints.memo.cli -> app.notifications.models",
        "blueprints.memo.cli -> app.console.page",
    ):
        assert planted in said
