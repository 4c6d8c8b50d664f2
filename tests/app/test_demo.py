"""Demo data."""

from app.extensions import db


def test_a_new_database_has_no_accounts_and_production_gets_no_demo(app, monkeypatch):
    assert db.session.scalar(db.text("select count(*) from accounts_user")) == 0
    monkeypatch.setitem(app.config, "APP_ENV", "production")
    refused = app.test_cli_runner().invoke(args=["demo"])
    assert (refused.exit_code, "not in production" in refused.output) == (1, True)
    assert db.session.scalar(db.text("select count(*) from accounts_user")) == 0
