"""The plug: stages that are on, off, unknown, broken and somebody else's."""

import functools
import shutil
import subprocess
import sys

import pytest

from app import create_app
from app.config import BadSetting
from app.stage_template import write
from app.stages import available, migration_paths
from tests import kit
from tests.app.test_stage_check import install
from tests.processes import ROOT, environment, flask, flask_each


@pytest.fixture
def env(database):
    url = kit.new_database()
    yield environment(url, kit.redis_url())
    kit.drop_database(url)


def test_an_outside_stage_is_found_migrated_checked_and_served_without_a_change_of_the_core(env):
    assert "loyalty" in flask("stages list", env).stdout
    flask_each(env, "db upgrade", "stages check", "db check", "db downgrade loyalty@base", "db upgrade")


def test_a_stage_that_is_off_keeps_its_tables_and_its_revisions(env):
    flask_each(env, "db upgrade")
    off = {**env, "STAGES": "tasks"}
    listed = flask("stages list", off).stdout
    assert "tasks" in listed and "loyalty" not in listed
    flask_each(off, "db upgrade", "db check")


def test_migrations_go_down_and_up_again(env):
    flask_each(env, "db upgrade", "db downgrade tasks@base", "db upgrade", "db check")


@pytest.mark.parametrize(
    ("entry", "folder"),
    [
        ("acme = acme_stage:stage", "acme_stage/migrations"),
        ("acme = acme_stage.manifest:stage", "acme_stage/migrations"),
        ("acme = acme_stage.plug.manifest:stage", "acme_stage/migrations"),
        ("acme = acme_stage.plug.manifest:stage", "acme_stage/plug/migrations"),
        ("acme = acme_stage.plug:stage", "acme_stage/plug/migrations"),
    ],
)
def test_migrations_are_found_wherever_the_manifest_is_and_nothing_is_imported(app, tmp_path, monkeypatch, entry, folder):
    install(tmp_path, "acme_stage", entry, __init__="raise RuntimeError('imported')", **{"plug/__init__": "", "manifest": ""})
    (tmp_path / folder).mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert str(tmp_path / folder) in migration_paths(app)
    assert "acme_stage" not in sys.modules


def test_a_stage_without_migrations_or_without_a_package_has_none(app, tmp_path, monkeypatch):
    before = migration_paths(app)
    install(tmp_path, "acme_stage", "acme = acme_gone.manifest:stage\nother = acme_stage:stage")
    monkeypatch.syspath_prepend(tmp_path)
    assert migration_paths(app) == before


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ("tasks = acme_stage:stage", "Two stages are called tasks: blueprints.tasks and acme_stage:stage."),
        (
            "memo = acme_stage:stage\nmemo = acme_stage.other:stage",
            "Two stages are called memo: acme_stage.other:stage and acme_stage:stage.",
        ),
    ],
)
def test_two_stages_of_one_name_stop_the_start_with_a_sentence(database, tmp_path, monkeypatch, entries, sentence):
    install(tmp_path, "acme_stage", entries)
    monkeypatch.syspath_prepend(tmp_path)
    for setting in ("all", "tasks", ""):
        with pytest.raises(BadSetting) as refused:
            create_app({**kit.QUICK, "DATABASE_URL": database, "REDIS_URL": kit.redis_url(), "STAGES": setting})
        assert str(refused.value) == sentence


def test_the_names_of_stages_are_known_before_any_is_imported(tmp_path, monkeypatch):
    install(tmp_path, "acme_stage", "acme = acme_stage.manifest:stage", __init__="raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    assert {"tasks", "acme"} <= set(available())
    assert "acme_stage" not in sys.modules


def test_a_stage_that_is_off_is_not_there(database):
    app = create_app({**kit.QUICK, "DATABASE_URL": database, "REDIS_URL": kit.redis_url(), "STAGES": ""})
    assert list(app.extensions["stages"]) == ["accounts", "auth", "audit", "notifications", "meta"]
    assert app.test_client().get("/api/v1/tasks/projects").status_code == 404


def test_an_unknown_stage_stops_the_start_with_a_sentence(database):
    with pytest.raises(BadSetting, match=r"STAGES names tsks, which is not installed\. Known: .*tasks"):
        create_app({**kit.QUICK, "DATABASE_URL": database, "STAGES": "tsks"})


def test_stages_by_itself_lists_what_is_on(env):
    listed = flask("stages", {**env, "STAGES": "tasks"})
    assert (listed.returncode, listed.stdout) == (0, flask("stages list", {**env, "STAGES": "tasks"}).stdout)
    assert [line.split()[0] for line in listed.stdout.splitlines()][-1] == "tasks"


def test_a_new_stage_is_written_and_its_own_test_passes_and_fails(env, tmp_path):
    """In a copy of the project, as the command and the test that it writes are run by hand."""
    for name in ("app", "blueprints", "migrations", "tests", "pyproject.toml", "wsgi.py"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    own = {**env, "PYTHONPATH": str(tmp_path)}
    run = functools.partial(subprocess.run, cwd=tmp_path, env=own, capture_output=True, text=True, timeout=120, check=False)
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "stages"]
    written = run([*command, "new", "memo"])
    assert written.stdout.split()[0] == "blueprints/memo/__init__.py", written.stderr
    assert run([*command, "new", "memo"]).stderr == "There is a stage called memo already.\n"
    assert run([*command, "check"]).returncode == 0
    # Its list is read in the order of its index.
    assert 'sa.Index("ix_memo_note_owner_id_id", "owner_id", "id")' in (tmp_path / "blueprints/memo/models.py").read_text()
    database = [sys.executable, "-m", "flask", "--app", "wsgi", "db"]
    assert run([*database, "upgrade"]).returncode == 0
    drift = run([*database, "check"])
    assert drift.returncode == 0, drift.stderr
    test = [
        sys.executable,
        "-m",
        "pytest",
        "-o",
        "addopts=--import-mode=importlib",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "tests/blueprints/memo",
    ]
    passed = run(test)
    assert passed.returncode == 0, passed.stdout
    assert "1 passed" in passed.stdout
    service = tmp_path / "blueprints/memo/service.py"
    service.write_text(service.read_text().replace('Note.owner_id == bind("owner_id", Note.owner_id),', ""))
    assert "1 failed" in run(test).stdout


def test_a_stage_that_is_there_is_not_written_over(tmp_path):
    (tmp_path / "blueprints" / "memo").mkdir(parents=True)
    with pytest.raises(BadSetting, match="There is a stage called memo already"):
        write("memo", tmp_path)
    with pytest.raises(BadSetting, match="one short word"):
        write("Memo!", tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["blueprints", "memo"]


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("SECRET_KEY", "SECRET_KEY is missing"),
        ("JWT_KEYS", "JWT_KEYS is missing"),
        ("DATABASE_URL", "DATABASE_URL is missing"),
        ("REDIS_URL", "REDIS_URL is missing"),
    ],
)
def test_production_refuses_what_is_missing_or_a_development_default(missing, sentence):
    given = {
        "APP_ENV": "production",
        "SECRET_KEY": "s" * 40,
        "JWT_KEYS": "j" * 40,
        "DATABASE_URL": "postgres://u:p@db.example.com/x",
        "REDIS_URL": "rediss://:p@redis.example.com:6380",
    }
    from app import config

    assert config.load(given)["DATABASE_URL"] == "postgresql+psycopg://u:p@db.example.com/x"
    with pytest.raises(BadSetting, match=sentence):
        config.load({name: value for name, value in given.items() if name != missing})
    with pytest.raises(BadSetting):
        config.load({**given, "SECRET_KEY": config.DEVELOPMENT_SECRET})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://x"),
        ("REDIS_URL", "http://x"),
        ("TRUSTED_PROXIES", "many"),
        ("RATE_LIMIT", "lots"),
        ("CORS_ORIGINS", "*"),
        ("JWT_KEYS", "short"),
        ("APP_ENV", "staging"),
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_start_with_its_name(name, value):
    from app import config

    with pytest.raises(BadSetting, match=f"Setting {name} "):
        config.load({name: value})


@pytest.mark.parametrize(
    ("url", "verify", "read"),
    [
        ("rediss://:p@h:6380", "off", "rediss://:p@h:6380?ssl_cert_reqs=none&ssl_check_hostname=false"),
        ("rediss://:p@h:6380/0?a=b", "off", "rediss://:p@h:6380/0?a=b&ssl_cert_reqs=none&ssl_check_hostname=false"),
        ("rediss://:p@h:6380", "on", "rediss://:p@h:6380"),
        ("redis://h:6379/0", "off", "redis://h:6379/0"),
    ],
)
def test_only_who_asks_for_it_talks_to_a_redis_that_cannot_prove_who_it_is(url, verify, read):
    import redis

    from app import config

    values = config.load({"REDIS_URL": url, "REDIS_VERIFY": verify})
    assert values["REDIS_URL"] == read
    options = redis.Redis.from_url(str(values["REDIS_URL"])).connection_pool.connection_kwargs
    assert (options.get("ssl_cert_reqs"), options.get("ssl_check_hostname")) == (("none", False) if "none" in read else (None, None))
