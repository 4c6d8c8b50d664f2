"""docs/security.md says nothing that is not so: each test that it names is there, and each requirement is listed once."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
COUNTS = {"6.1": 3, "6.2": 12, "6.3": 8, "6.4": 6, "6.5": 8, "6.6": 4, "6.7": 2, "6.8": 4}
COUNTS |= {"7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 3, "7.6": 2, "9.1": 3, "9.2": 4}
"""How many requirements each section of OWASP ASVS 5.0 has in the chapters on signing in, sessions and tokens."""


def document() -> str:
    return (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_each_test_that_it_names_is_there():
    named = re.findall(r"`([a-z_/]+\.py)::(test_\w+)`", document())
    missing = [f"{path}::{name}" for path, name in named if not re.search(rf"def {name}\(", (ROOT / "tests" / path).read_text())]
    assert len(named) > 60
    assert missing == []


def test_each_requirement_is_listed_once():
    listed = re.findall(r"^\| ([679]\.\d\.\d+) \|", document(), re.M)
    wanted = [f"{section}.{n}" for section, count in COUNTS.items() for n in range(1, count + 1)]
    assert listed == wanted
