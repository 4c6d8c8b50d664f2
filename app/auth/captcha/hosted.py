"""Turnstile, hCaptcha and reCAPTCHA: three services with one protocol, `siteverify`.

Success alone is not enough: a proof that was made on another site or for another form is refused, and so is everything while
the service does not answer.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from app.auth.captcha.refusals import CaptchaFailed
from app.config import BadSetting

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Service:
    """``action``: the answer names the form. ``score``: `needed` (1 is human), or `risk` (1 is a robot, where it is sent at all)."""

    kind: str
    url: str
    action: bool
    score: str | None


HOSTED = {
    service.kind: service
    for service in (
        # developers.cloudflare.com/turnstile/get-started/server-side-validation
        Service("turnstile", "https://challenges.cloudflare.com/turnstile/v0/siteverify", action=True, score=None),
        # docs.hcaptcha.com/#verify-the-user-response-server-side
        Service("hcaptcha", "https://api.hcaptcha.com/siteverify", action=False, score="risk"),
        # developers.google.com/recaptcha/docs/v3
        Service("recaptcha", "https://www.google.com/recaptcha/api/siteverify", action=True, score="needed"),
    )
}


class Hosted:
    def __init__(self, service: Service, settings: Mapping[str, Any]):
        self._service = service
        self._url = settings["AUTH_CAPTCHA_URL"] or service.url
        self._site_key, self._secret = settings["AUTH_CAPTCHA_SITE_KEY"], settings["AUTH_CAPTCHA_SECRET"]
        self._least = settings["AUTH_CAPTCHA_SCORE"] / 100
        self._hostnames = hostnames(settings)
        self.described = {"kind": service.kind, "site_key": self._site_key, "challenge_url": None}
        if not self._site_key or not self._secret:
            raise BadSetting(f"AUTH_CAPTCHA={service.kind} needs AUTH_CAPTCHA_SITE_KEY and AUTH_CAPTCHA_SECRET.")
        if not self._hostnames:
            raise BadSetting(f"AUTH_CAPTCHA={service.kind} needs AUTH_CAPTCHA_HOSTNAMES, or PUBLIC_URL: which pages may show it?")

    def check(self, solution: str, action: str, address: str) -> None:
        verdict = self._ask(solution, address)
        if reason := self._objection(verdict, action):
            log.warning("a %s proof was refused: %s", self._service.kind, reason)
            raise self._refusal("Solve the challenge again.")

    def _objection(self, verdict: Mapping[str, Any], action: str) -> str | None:
        if verdict.get("success") is not True:
            return "no success"
        if verdict.get("hostname") not in self._hostnames:
            return "made on another site"
        if self._service.action and verdict.get("action") != action:
            return "made for another form"
        return None if self._human(verdict.get("score")) else "the score"

    def _human(self, score: Any) -> bool:
        number = isinstance(score, (int, float)) and not isinstance(score, bool)
        if self._service.score == "needed":
            return number and score >= self._least
        if self._service.score == "risk" and score is not None:
            return number and score <= 1 - self._least
        return True

    def _ask(self, solution: str, address: str) -> Mapping[str, Any]:
        from app import http

        form = {"secret": self._secret, "response": solution, "remoteip": address, "sitekey": self._site_key}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            reply = http.request(
                "POST", self._url, service="captcha", headers=headers, body=urlencode(form).encode(), timeout=5.0, private=True
            )
            verdict = json.loads(reply.body) if reply.status == 200 else None
        except (http.Away, http.Refused, ValueError) as error:
            log.error("%s cannot be asked: %s", self._service.kind, type(error).__name__)
            verdict = None
        if not isinstance(verdict, dict):
            raise self._refusal("It cannot be checked right now. Try again in a minute.")
        return verdict

    def _refusal(self, sentence: str) -> CaptchaFailed:
        return CaptchaFailed(sentence, captcha=self.described)


def hostnames(settings: Mapping[str, Any]) -> frozenset[str]:
    """Sites whose proofs count: those that are named, or else our own and those that may call us."""
    named = settings["AUTH_CAPTCHA_HOSTNAMES"] or [urlsplit(url).hostname for url in (settings["PUBLIC_URL"], *settings["CORS_ORIGINS"])]
    return frozenset(name for name in named if name)
