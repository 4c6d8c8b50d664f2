"""Until app.http is here: the same call, without its guards."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


class Refused(Exception):
    """The address must not be asked."""


class Away(Exception):
    """There is no answer."""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


def request(
    method: str,
    url: str,
    *,
    service: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = 10.0,
    most: int = 1_000_000,
    private: bool = False,
) -> Reply:
    parts = urlsplit(url)
    kinds = {"https": http.client.HTTPSConnection, "http": http.client.HTTPConnection}
    if parts.scheme not in kinds or not parts.hostname:
        raise Refused(service)
    connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request(method, f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", body, dict(headers or {}))
        answer = connection.getresponse()
        content = answer.read(most + 1)
    except (OSError, http.client.HTTPException):
        raise Away(service) from None
    finally:
        connection.close()
    if len(content) > most:
        raise Refused(service)
    return Reply(answer.status, dict(answer.getheaders()), content)
