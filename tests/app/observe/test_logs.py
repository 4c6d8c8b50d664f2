"""No secret, token or password ever in a log; every line carries the request id."""

import json
import logging

import pytest

from app.observe import use_request_id
from app.observe.logs import JSONFormatter, ShortFormatter
from app.observe.reporting import without_secrets

SECRETS = {
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "pat": "z2h_pat_0123456789abcdefghijABCDEFGHIJ",
    "refresh": "z2h_rt_0123456789abcdefghijABCDEFGHIJ",
    "header": "Bearer hunter2hunter2",
    "url": "postgres://app:hunter2@db.example.com/x",
    "field": '{"password": "hunter2", "name": "ada"}',
    "query": "/path?token=hunter2&x=1",
    "argon": "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA",
}
TELLTALES = ("hunter2", "eyJhbG", "z2h_pat_0", "z2h_rt_0", "c2FsdA")


@pytest.mark.parametrize("formatter", [JSONFormatter(), ShortFormatter()], ids=["json", "short"])
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_secrets_are_cut_out_of_messages_arguments_extras_and_exceptions(formatter, secret):
    try:
        raise ValueError(secret)
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("app", logging.ERROR, "x.py", 1, f"{secret} %s", (secret,), info)
    record.__dict__["detail"] = secret
    record.__dict__["new_password"] = "hunter2"
    line = formatter.format(record)
    assert not any(telltale in line for telltale in TELLTALES), line
    assert "[redacted]" in line


def test_every_line_carries_the_request_id():
    with use_request_id("abc-123-xyz"):
        line = json.loads(JSONFormatter().format(logging.LogRecord("app", logging.INFO, "x.py", 1, "hello", (), None)))
    assert (line["message"], line["level"], line["request_id"]) == ("hello", "info", "abc-123-xyz")


def test_error_reports_carry_no_bodies_headers_or_secrets():
    event = {
        "request": {"url": "/x?token=hunter2", "method": "POST", "data": {"password": "hunter2"}, "headers": {"Authorization": "x"}},
        "message": SECRETS["url"],
    }
    cleaned = json.dumps(without_secrets(event))
    assert "hunter2" not in cleaned and "headers" not in cleaned


def test_requests_are_logged_with_their_route_and_without_their_secrets(client, ada, caplog):
    with caplog.at_level(logging.INFO):
        ada.get("accounts/me")
    assert "eyJ" not in caplog.text
    line = next(record.__dict__["safe"] for record in caplog.records if record.name == "app.request")
    assert (line["route"], line["status"], line["account"]) == ("/api/v1/accounts/me", "200", ada.id)
