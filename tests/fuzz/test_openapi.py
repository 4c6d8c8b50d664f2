"""A fuzzer reads the OpenAPI document and finds nothing: all checks, stateful, two accounts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import kit
from tests.processes import Caller, Service, environment

HERE = Path(__file__).parent
LONG = os.environ.get("FUZZ") == "long"
EXAMPLES = "60" if LONG else "4"

AUTH = """auth:
  - name: ada
    fixedHeaders:
      - name: Authorization
        value: Bearer {0}
  - name: grace
    fixedHeaders:
      - name: Authorization
        value: Bearer {1}
"""

# Signing out with the account the fuzzer uses would end its run.
SPARED = ("log_out", "revoke_session", "revoke_other_sessions", "change_password")


@pytest.fixture
def service():
    database = kit.new_database()
    env = environment(database, kit.redis_url(15), PYTHONPATH=str(HERE.parent.parent), ACCESS_TOKEN_SECONDS="3600")
    found = Service(env).start()
    yield found
    found.stop()
    kit.drop_database(database)


@pytest.mark.parametrize("match", ["any", "*"])
def test_the_fuzzer_finds_nothing(service, tmp_path, match):
    people = [Caller(service.url, f"{name}@example.com", name) for name in ("ada", "grace")]
    (tmp_path / "auth.yaml").write_text(AUTH.format(*(person.token for person in people)))
    config = (HERE / "schemathesis.toml").read_text()
    config += f'\n[auth.wfc]\npath = "{tmp_path / "auth.yaml"}"\npeers = ["ada", "grace"]\n'
    if match == "*":
        config += '\n[parameters]\n"header.If-Match" = "*"\n'
    (tmp_path / "schemathesis.toml").write_text(config)
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(tmp_path / "schemathesis.toml")]
    command += ["run", f"{service.url}/openapi.json", "--checks", "all", "-w", "1", "-n", EXAMPLES, "--no-color"]
    command += ["--request-timeout", "10", "--max-response-time", "5", "--suppress-health-check", "all"]
    for operation in SPARED:
        command += ["--exclude-operation-id", operation]
    if not LONG:
        # The second run adds what a right If-Match reaches; the coverage of the document is the first one's.
        bounds = ["--max-time", "30"] if match == "any" else ["--phases", "fuzzing,stateful", "--max-time", "15"]
        command += ["--generation-deterministic", *bounds]
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "PYTHONPATH": str(HERE.parent.parent)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=3600 if LONG else 150, check=False, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:] + service.output()
    assert "Internal Server Error" not in done.stdout
