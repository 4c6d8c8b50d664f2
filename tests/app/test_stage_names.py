"""`flask stages new NAME` refuses names that cannot be a stage's, or are taken, before it writes anything."""

import pytest

from app.config import BadSetting
from app.stage_template import write


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
