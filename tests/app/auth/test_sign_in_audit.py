"""Every event of signing in is written down, and none of its secrets."""

import uuid

import sqlalchemy as sa

from app.extensions import db
from tests.app.auth.conftest import acts
from tests.kit import PASSWORD, json_of

NEW = "an entirely new passphrase"


def refresh(client, token):
    return client.post("/api/v1/auth/refreshes", json={"refresh_token": token})


def test_what_happens_in_a_life_of_sessions_and_tokens_is_written_down(client, ada):
    log_in = {"email": ada.email, "password": PASSWORD}
    client.post("/api/v1/auth/sessions", json={**log_in, "password": "wrong"})
    other = json_of(client.post("/api/v1/auth/sessions", json=log_in))
    session = next(s for s in json_of(ada.get("accounts/me/sessions"))["items"] if not s["current"])
    ada.delete(f"accounts/me/sessions/{session['id']}", match=None)
    token = json_of(ada.post("accounts/me/tokens", {"name": "CI", "scopes": ["tasks.read"]}))
    ada.delete(f"accounts/me/tokens/{token['id']}", match=None)
    ada.put("accounts/me/password", {"current_password": "wrong", "new_password": NEW})
    ada.put("accounts/me/password", {"current_password": PASSWORD, "new_password": NEW})
    ada.delete("auth/sessions/current", match=None)
    assert acts(uuid.UUID(ada.id)) == [
        "auth.registered",
        "auth.signed_in",
        "auth.sign_in_refused",
        "auth.signed_in",
        "auth.session_revoked",
        "auth.token_created",
        "auth.token_revoked",
        "auth.password_refused",
        "auth.password_changed",
        "auth.signed_out",
    ]
    rows = db.session.scalars(sa.text("select o::text || e::text from audit_origin o join audit_entry e on e.id = o.entry_id"))
    everything = "".join(rows)
    for secret in (PASSWORD, NEW, "wrong", token["token"], ada.access_token, ada.refresh_token, other["refresh_token"]):
        assert secret not in everything


def test_a_used_refresh_token_that_comes_back_is_written_down(client, ada):
    newest = json_of(refresh(client, json_of(refresh(client, ada.refresh_token))["refresh_token"]))
    assert refresh(client, ada.refresh_token).status_code == 401
    assert refresh(client, newest["refresh_token"]).status_code == 401
    assert acts(uuid.UUID(ada.id))[-1] == "auth.refresh_reused"
    assert acts(uuid.UUID(ada.id)).count("auth.refresh_reused") == 1


def test_signing_out_everywhere_else_is_written_down_for_each_session(client, ada):
    for _ in range(2):
        client.post("/api/v1/auth/sessions", json={"email": ada.email, "password": PASSWORD})
    ada.delete("accounts/me/sessions", match=None)
    assert acts(uuid.UUID(ada.id)).count("auth.session_revoked") == 2


def test_the_entry_of_a_sign_in_says_how_and_from_where(ada):
    entry = json_of(ada.get("audit/mine?action=auth.signed_in"))["items"][0]
    assert (entry["actor_id"], entry["account_id"], entry["address"]) == (ada.id, ada.id, "127.0.0.1")
    assert entry["details"] == {"methods": ["password"]}
