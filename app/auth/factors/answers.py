"""The two answers to a log-in: signed in, or half-way there."""

from typing import Any

from flask import Response

from app.auth.factors.pending import SecondFactor
from app.auth.factors.schemas import SecondFactorAsked
from app.web.json import dumps

_asked = SecondFactorAsked()


def answer(outcome: Any) -> Any:
    """What a view returns for what :func:`app.auth.complete` returned: tokens as they are, a second factor that is missing as 202."""
    if not isinstance(outcome, SecondFactor):
        return outcome
    body = dumps(_asked.dump({"second_factor": outcome}))
    return Response(body, 202, mimetype="application/json", headers={"Cache-Control": "no-store"})
