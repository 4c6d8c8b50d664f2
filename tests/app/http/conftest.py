"""Services on loopback that misbehave on request, and a DNS that says what a test tells it."""

import socket
import threading

import pytest

from app.http import breaker


class Peer:
    """Takes connections one after another; ``answer(connection, request)`` does with each what it likes."""

    def __init__(self, answer, host="127.0.0.1", wrap=None):
        self.requests: list[bytes] = []
        self._answer, self._wrap = answer, wrap
        self._listener = socket.create_server((host, 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        try:
            if self._wrap is not None:
                connection = self._wrap(connection)
            request = self._read(connection)
            self.requests.append(request)
            self._answer(connection, request)
        except OSError:
            pass  # the other side has gone, as some tests mean it to
        finally:
            connection.close()

    @staticmethod
    def _read(connection) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data and (more := connection.recv(65_536)):
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        while len(body) < length and (more := connection.recv(65_536)):
            body += more
        return head + b"\r\n\r\n" + body

    def close(self):
        self._listener.close()


@pytest.fixture
def peer():
    """`peer(b"HTTP/1.1 200 OK…")` or `peer(answer)`: a service on loopback."""
    running = []

    def start(answer=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", **options) -> Peer:
        act = answer if callable(answer) else lambda connection, _request: connection.sendall(answer)
        running.append(Peer(act, **options))
        return running[-1]

    yield start
    for each in running:
        each.close()


@pytest.fixture
def dns(monkeypatch):
    """`dns("a.example", ["93.184.216.34"], ["127.0.0.1"])`: one answer after another, the last again and again."""
    zones: dict[str, list[list[str]]] = {}
    asked: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **options):
        if host not in zones:
            return real(host, port, *args, **options)
        asked.append(host)
        answers = zones[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in ip], socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    def say(host, *answers):
        zones[host] = list(answers)
        return asked

    return say


@pytest.fixture(autouse=True)
def closed_breakers(app, monkeypatch):
    """A Redis that is patient with a busy machine, and holds nothing yet."""
    redis = app.extensions["redis"]
    monkeypatch.setattr(redis, "client", redis.patient(5.0))
    monkeypatch.setattr(redis, "_away_until", 0.0)
    redis.client.flushdb()
    breaker._states.clear()
    yield
    breaker._states.clear()
    redis.client.close()
