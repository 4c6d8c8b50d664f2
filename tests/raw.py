"""Connections on which a test sends what it likes, byte by byte."""

import http.client
import io
import json
import socket
from typing import Any

from tests.processes import Caller, Service

ROWS = b"title\nfirst\nsecond\nthird is cut off here"
NEXT = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
Answer = tuple[int, http.client.HTTPMessage, bytes]


class Raw:
    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)

    def send(self, *parts: bytes) -> None:
        self.socket.sendall(b"".join(parts))

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def received(self, end: bytes) -> bytes:
        """What has come once it ends so."""
        found = b""
        while not found.endswith(end):
            found += self.socket.recv(65_536)
        return found

    def answers(self) -> list[Answer]:
        """Every answer until the service closes the connection."""
        received = b""
        try:
            while data := self.socket.recv(65_536):
                received += data
        except ConnectionResetError:
            pass  # closed as well
        self.socket.close()
        return split(received)


def split(received: bytes) -> list[Answer]:
    found: list[Answer] = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        headers = http.client.parse_headers(io.BytesIO("\r\n".join([*fields, "", ""]).encode("latin-1")))
        size = int(headers["Content-Length"])
        found.append((int(line.split()[1]), headers, rest[:size]))
        received = rest[size:]
    return found


def only(answers: list[Answer], status: int) -> Any:
    """The one answer, a problem document that says that the connection ends."""
    assert [answer[0] for answer in answers] == [status], answers
    ((_, headers, body),) = answers
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Connection"] == "close"
    assert json.loads(body)["status"] == status
    assert json.loads(body)["request_id"] == headers["X-Request-ID"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    return json.loads(body)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


class Importer:
    """Somebody with an empty project to import into."""

    def __init__(self, service: Service):
        self.port, self.ada = service.port, Caller(service.url, "ada@example.com")
        self.project = self.ada.post("tasks/projects", {"name": "Import"})["id"]

    def head(self, framing: str, *more: str, token: str | None = None) -> bytes:
        lines = [
            f"POST /api/v1/tasks/projects/{self.project}/import HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {token or self.ada.token}",
            "Content-Type: text/csv",
            framing,
            *more,
        ]
        return "\r\n".join([*lines, "", ""]).encode()

    def length(self, size: int, *more: str, **options: Any) -> bytes:
        return self.head(f"Content-Length: {size}", *more, **options)

    def chunked(self, *more: str, **options: Any) -> bytes:
        return self.head("Transfer-Encoding: chunked", *more, **options)

    def titles(self) -> list[str]:
        return sorted(task["title"] for task in self.ada.get(f"tasks/projects/{self.project}/tasks")["items"])
