"""The files that say what is installed and what runs agree with each other."""

import json
import re

import pytest
import yaml

from devtools.up import procfile
from tests.dev.project import ROOT


def pins(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+==[^ ;\\]+)", (ROOT / name).read_text(), re.M | re.I))


def wanted(name: str) -> set[str]:
    lines = [re.split(r"[#\[=<>;]", line)[0].strip() for line in (ROOT / name).read_text().splitlines()]
    return {re.sub(r"[-_.]+", "-", line).lower() for line in lines if line and not line.startswith("-")}


def test_development_runs_on_the_versions_that_production_has():
    assert pins("requirements.txt") < pins("requirements-local.txt") < pins("requirements-dev.txt")


@pytest.mark.parametrize("kind", ["", "-local", "-dev"])
def test_the_locks_hold_what_was_asked_for_with_hashes_and_no_addresses(kind):
    text = (ROOT / f"requirements{kind}.txt").read_text()
    assert wanted(f"requirements{kind}.in") <= {pin.split("==")[0] for pin in pins(f"requirements{kind}.txt")}
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert all("--hash=sha256:" in block for block in blocks), [block for block in blocks if "--hash" not in block]
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_heroku_and_render_run_what_the_procfile_says():
    render = {service["type"]: service for service in yaml.safe_load((ROOT / "render.yaml").read_text())["services"]}
    assert render["web"]["preDeployCommand"] == procfile()["release"]
    assert render["web"]["startCommand"] == procfile()["web"]
    assert render["worker"]["startCommand"] == procfile()["worker"]
    assert set(json.loads((ROOT / "app.json").read_text())["formation"]) == {"web", "worker"}


def test_what_is_deployed_has_every_setting_that_production_asks_for():
    from app.config import SETTINGS

    required = {setting.name for setting in SETTINGS if setting.required_in_production}
    heroku = json.loads((ROOT / "app.json").read_text())
    brought = {"DATABASE_URL", "REDIS_URL"}  # by the add-ons
    assert required - brought <= set(heroku["env"])
    assert {addon.split(":")[0] for addon in heroku["addons"]} == {"heroku-postgresql", "heroku-redis"}
    for service in yaml.safe_load((ROOT / "render.yaml").read_text())["services"]:
        if service["type"] in {"web", "worker"}:
            assert required <= {variable["key"] for variable in service["envVars"]}, service["name"]


def test_what_heroku_starts_fits_into_the_connections_of_its_database():
    heroku = json.loads((ROOT / "app.json").read_text())
    assert "heroku-postgresql:essential-0" in heroku["addons"]
    allowed, spare, processes_of_a_basic_web_dyno = 20, 3, 2
    processes = processes_of_a_basic_web_dyno * heroku["formation"]["web"]["quantity"] + heroku["formation"]["worker"]["quantity"]
    assert int(heroku["env"]["DATABASE_POOL"]["value"]) * processes + spare <= allowed


def test_links_between_the_documents_lead_somewhere():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", page.read_text()) if "://" not in link]
    assert len(links) > 20
    assert [f"{page.name}: {link}" for page, link in links if not (page.parent / link).exists()] == []
