"""What a machine must have, and what is said when it hasn't."""

import ast
import subprocess
import sys

from tests.dev.project import ROOT


def test_a_python_that_is_too_old_is_told_so():
    ast.parse((ROOT / "dev").read_text(), feature_version=(3, 6))
    old = "import sys; sys.version_info = (3, 10, 4, 'final', 0); exec(compile(open('dev').read(), 'dev', 'exec'))"
    done = subprocess.run([sys.executable, "-c", old], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert done.stderr == "dev: this needs Python 3.11 or newer; python3 here is 3.10.\n"


def test_without_a_network_it_says_so_and_leaves_nothing_running(fresh):
    done = fresh.run("up", PIP_INDEX_URL="http://127.0.0.1:9/simple", PATH="/usr/bin:/bin")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("      dev │ No network: uv could not be fetched from the package index at 127.0.0.1")
    assert not fresh.left()


def test_the_tools_need_nothing_but_the_standard_library():
    listed = "import sys; sys.path.insert(0, '.'); from devtools import main; print(*{n.partition('.')[0] for n in sys.modules})"
    done = subprocess.run([sys.executable, "-SIc", listed], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True)
    assert set(done.stdout.split()) <= {*sys.stdlib_module_names, "devtools", "__main__"}


def test_the_environment_is_made_anew_when_the_folder_has_moved(fresh):
    fresh.install()
    moved = fresh.folder.with_name(f"{fresh.folder.name}-moved")
    usable = [sys.executable, "-c", "from devtools import environment as e; print(e.usable())"]
    assert subprocess.check_output(usable, cwd=fresh.folder, text=True) == "True\n"
    fresh.folder.rename(moved)
    try:
        assert subprocess.check_output(usable, cwd=moved, text=True) == "False\n"
    finally:
        moved.rename(fresh.folder)
