"""The generated reference: what the manifests and the settings say, and that the committed copy says it still."""

import pytest

from app import config, stage_docs
from app.stages import Stage
from tests import kit
from tests.processes import environment, flask


@pytest.fixture(scope="module")
def pages():
    return stage_docs.pages()


def row(page: str, first: str) -> list[str]:
    """The cells of the one line that begins with this cell."""
    (line,) = [line for line in page.splitlines() if line.startswith(f"| `{first}` |")]
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_an_event_is_documented_with_its_fields_and_who_listens(pages):
    assert row(pages["events.md"], "accounts.user_deleted") == [
        "`accounts.user_deleted`",
        "An account is gone for good; every stage forgets the person.",
        "`user_id`: UUID",
        row(pages["events.md"], "accounts.user_deleted")[3],
    ]
    assert "tasks (`forget`)" in row(pages["events.md"], "accounts.user_deleted")[3].split(", ")
    assert row(pages["events.md"], "tasks.task_created")[2] == "`task_id`: UUID<br>`project_id`: UUID<br>`by`: UUID or null"


def test_a_permission_is_documented_with_its_roles_and_everything_that_needs_it(pages):
    _, allows, roles, needed_by = row(pages["permissions.md"], "tasks.read")
    assert (allows, roles) == ("See projects and tasks", "user, staff, admin")
    assert {"`GET /api/v1/tasks/tasks/{task_id}`", "stream `tasks.project`"} <= set(needed_by.split("<br>"))
    assert "`PATCH /api/v1/tasks/tasks/{task_id}`" not in needed_by
    assert row(pages["permissions.md"], "accounts.manage")[2] == "admin"


def test_a_setting_is_documented_with_its_default_and_whether_production_asks_for_it(pages):
    page = pages["settings.md"]
    assert row(page, "DATABASE_POOL") == [
        "`DATABASE_POOL`",
        "`8`",
        "",
        "Connections to PostgreSQL per process.",
        "must be a whole number from 1 to 200",
    ]
    assert row(page, "JWT_KEYS")[1:3] == ["a development secret", "yes"]
    assert row(page, "CORS_ORIGINS")[1::3] == ["empty", "must be exact origins like https://app.example.com"]
    assert all(row(page, setting.name) for setting in config.SETTINGS)
    assert config.DEVELOPMENT_SECRET not in page


def test_a_stages_settings_say_what_they_mean_and_what_production_asks_for():
    key = config.Setting("MEMO_KEY", config.secret, "k" * 32, "Signs memos.", True)
    stage = Stage(name="memo", summary="Memos", settings={"MEMO_LOUD": False, "MEMO_KEY": key})
    page = stage_docs.settings_table(stage_docs.settings_of(stage))
    assert row(page, "MEMO_LOUD") == ["`MEMO_LOUD`", "`off`", "", "Setting of stage memo.", "must be on or off"]
    assert row(page, "MEMO_KEY")[2:4] == ["yes", "Signs memos."]
    assert config.read_stage_settings("memo", stage.settings, {"MEMO_LOUD": "on"}) == {"MEMO_LOUD": True, "MEMO_KEY": "k" * 32}
    with pytest.raises(config.BadSetting, match="MEMO_KEY is missing"):
        config.read_stage_settings("memo", stage.settings, {"APP_ENV": "production"})


def test_what_is_committed_is_what_the_code_says_and_anything_else_is_found(tmp_path):
    assert stage_docs.stale() == []
    stage_docs.write(tmp_path)
    assert stage_docs.stale(tmp_path) == []
    (tmp_path / "events.md").write_text("something else")
    (tmp_path / "settings.md").unlink()
    assert stage_docs.stale(tmp_path) == [tmp_path / "events.md", tmp_path / "settings.md"]


def test_the_reference_does_not_depend_on_what_is_installed_or_switched_on(database):
    env = environment(database, kit.redis_url(), STAGES="loyalty", RATE_LIMIT="off")
    assert "loyalty" in flask("stages list", env).stdout
    checked = flask("stages docs --check", env)
    assert (checked.returncode, checked.stdout) == (0, "docs/reference says what the code says\n"), checked.stderr
