"""ALTCHA, version 2: proof of work that we set and check ourselves. Nobody else learns of our visitors.

The client looks for a counter whose PBKDF2-SHA-256 key begins with the prefix of the challenge: about 256 derivations, which
cost a robot in native code as much as a browser. A challenge lives for ten minutes and is answered once, rightly or wrongly.
"""

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

import altcha
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.auth.captcha.refusals import CaptchaFailed
from app.auth.models import Solved
from app.auth.passwords import in_real_thread
from app.db import Prepared, bind

LIFE = 600
ALGORITHM = "PBKDF2/SHA-256"
CHALLENGE_URL = "/api/v1/auth/captcha/challenge"

ONCE = Prepared(
    lambda: (
        insert(Solved)
        .values(hash=bind("hash", Solved.hash), expires_at=sa.func.now() + sa.func.make_interval(0, 0, 0, 0, 0, 0, LIFE))
        .on_conflict_do_nothing()
        .returning(Solved.hash)
    )
)


class ProofOfWork:
    described: dict[str, Any] = {"kind": "altcha", "site_key": None, "challenge_url": CHALLENGE_URL}

    def __init__(self, settings: Mapping[str, Any]):
        self._cost = settings["AUTH_CAPTCHA_COST"]
        self._secret = hashlib.blake2b(settings["SECRET_KEY"].encode(), person=b"z2h-altcha").hexdigest()

    def challenge(self) -> dict[str, Any]:
        return altcha.create_challenge(ALGORITHM, self._cost, expires_at=int(time.time()) + LIFE, hmac_secret=self._secret).to_dict()

    def check(self, solution: str, action: str, address: str) -> None:
        payload = self._payload(solution)
        if not self._ours(payload):
            raise self._refusal("The challenge has expired or is not ours. Solve a new one.")
        # Before the work is checked, which takes a derivation of ours: each challenge costs us one, whoever sends how much.
        if ONCE.one(hash=hashlib.sha256(payload.challenge.parameters.nonce.encode()).digest()) is None:
            raise self._refusal("The challenge was answered before. Solve a new one.")
        if not in_real_thread(lambda: altcha.verify_solution(payload, self._secret)).verified:
            raise self._refusal("The challenge was not solved. Solve a new one.")

    def _ours(self, payload: altcha.Payload) -> bool:
        """Signed by us and still good. The library would let challenges pass that never expire."""
        found = altcha.verify_solution(payload, self._secret, derive_key=lambda *_: b"")
        parameters = payload.challenge.parameters
        # The nonce, not what surrounds it, tells challenges apart: 1.0 and 1 are signed alike.
        return found.invalid_signature is False and isinstance(parameters.expires_at, int) and isinstance(parameters.nonce, str)

    def _payload(self, solution: str) -> altcha.Payload:
        try:
            return altcha.Payload.from_dict(json.loads(base64.b64decode(solution, validate=True)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise self._refusal("The proof cannot be read.") from None

    def _refusal(self, sentence: str) -> CaptchaFailed:
        return CaptchaFailed(sentence, captcha=self.described)
