"""Proof that a caller is no robot: asked for on registration, for mails, and on log-in after wrong passwords."""

from typing import Any, Protocol

from flask import Flask, current_app

from app.auth.captcha.hosted import HOSTED, Hosted
from app.auth.captcha.proof_of_work import ProofOfWork
from app.auth.captcha.refusals import CaptchaFailed, CaptchaRequired

AFTER = 3
"""Wrong passwords after which a log-in needs a proof, too."""

OFF = {"kind": "off", "site_key": None, "challenge_url": None}


class Captcha(Protocol):
    """``described`` tells a client what to solve; ``check`` raises CaptchaFailed."""

    described: dict[str, Any]

    def check(self, solution: str, action: str, address: str) -> None: ...


def demand(solution: str | None, action: str, address: str) -> None:
    """Let pass whoever has solved the challenge. Raises CaptchaRequired and CaptchaFailed, which say what there is to solve."""
    captcha = chosen()
    if captcha is None:
        return
    if not solution:
        raise CaptchaRequired("Solve the challenge and send the proof as `captcha`.", captcha=captcha.described)
    captcha.check(solution, action, address)


def chosen() -> Captcha | None:
    return current_app.extensions["captcha"]


def described() -> dict[str, Any]:
    captcha = chosen()
    return OFF if captcha is None else captcha.described


def init_app(app: Flask) -> None:
    """Raises BadSetting: a service that cannot tell robots apart as it was told to does not start."""
    kind = app.config["AUTH_CAPTCHA"]
    if kind == "auto":
        kind = "altcha" if app.config["APP_ENV"] == "production" else "off"
    if kind == "off":
        app.extensions["captcha"] = None
    elif kind == "altcha":
        app.extensions["captcha"] = ProofOfWork(app.config)
    else:
        app.extensions["captcha"] = Hosted(HOSTED[kind], app.config)


__all__ = ["AFTER", "Captcha", "CaptchaFailed", "CaptchaRequired", "ProofOfWork", "chosen", "demand", "described", "init_app"]
