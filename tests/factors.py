"""People with second factors."""

import base64
import time

from app.auth.factors import totp
from tests.authenticator import Authenticator
from tests.kit import PASSWORD, Person, json_of


class App:
    """An authenticator app. Each code is of a later step, as a clock that a test has not got would give."""

    def __init__(self, secret: str):
        self.secret = base64.b32decode(secret)

    def code(self, drift: int = 0) -> str:
        return totp.code_at(self.secret, totp.step_of(time.time()) + drift)

    def wrong(self) -> str:
        near = {self.code(drift) for drift in range(-2, 3)}
        return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in near)


def with_app(person: Person) -> App:
    """The person confirms an authenticator app by the code of the step before: the present one stays unused."""
    app = App(json_of(person.post("accounts/me/totp"))["secret"])
    answer = person.post("accounts/me/totp/confirmation", {"code": app.code(-1)})
    assert answer.status_code == 201, answer.text
    person.codes = json_of(answer)["recovery_codes"]
    return app


def with_passkey(person: Person, name: str = "Key") -> Authenticator:
    key = Authenticator()
    options = json_of(person.post("accounts/me/passkey-challenges"))["options"]
    made = person.post("accounts/me/passkeys", {"name": name, "credential": key.make(options)})
    assert made.status_code == 201, made.text
    key.passkey_id = json_of(made)["id"]
    return key


def log_in(client, person: Person):
    return client.post("/api/v1/auth/sessions", json={"email": person.email, "password": PASSWORD})


def finish(client, token: str, **proof):
    return client.post("/api/v1/auth/sessions/second-factor", json={"token": token, **proof})


def asked(client, person: Person):
    answer = log_in(client, person)
    assert answer.status_code == 202, answer.text
    return json_of(answer)["second_factor"]


def as_session(client, tokens) -> Person:
    """The same person in the session of these tokens."""
    other = Person.__new__(Person)
    other.client, other.access_token = client, tokens["access_token"]
    return other
