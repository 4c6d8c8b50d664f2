"""Requests to providers, and their answers as JSON objects."""

import json
from collections.abc import Mapping
from typing import Any

from app import http
from app.auth.social.trouble import Away, Distrusted

MOST = 200_000
"""Bytes that an answer may have."""


def ask(method: str, url: str, *, service: str, private: bool, headers: Mapping[str, str] | None = None, body: str | None = None) -> Any:
    """The JSON object that comes with a 200. Raises Away, or Distrusted for a refusal (4xx)."""
    try:
        given = {"Accept": "application/json", **(headers or {})}
        reply = http.request(
            method, url, service=service, headers=given, body=body.encode() if body is not None else None, most=MOST, private=private
        )
    except (http.Away, http.Refused) as error:
        raise Away(f"{service}: {type(error).__name__}") from None
    if 400 <= reply.status < 500 and reply.status != 429:
        raise Distrusted(f"{service}: refused with {reply.status}")
    if reply.status != 200:
        raise Away(f"{service}: answered {reply.status}")
    return an_object(reply.body, service)


def an_object(body: bytes, service: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Away(f"{service}: answered no JSON object")
    return found
