"""Ending well, and slow clients."""

import socket
import threading
import time

import requests
import socketio

from tests.processes import Caller
from tests.raw import NEXT, ROWS, Importer, Raw, only
from tests.service.test_websocket import Peer


def test_sigterm_lets_requests_finish_closes_sockets_and_ends_in_time(serve):
    service = serve()
    ada = Caller(service.url, "ada@example.com")
    clients = []
    for _ in range(50):
        client = socketio.Client(reconnection=False)
        client.connect(service.url, auth={"token": ada.token}, transports=["websocket"])
        clients.append(client)
    idle = Raw(service.port)
    idle.send(NEXT)
    assert idle.received(b'{"status":"ok"}').startswith(b"HTTP/1.1 200 ")
    peer = Peer(service.port, "/api/v1/loyalty/socket")
    fresh = [Raw(service.port) for _ in range(20)]
    answers, took = [], []
    running = threading.Thread(target=lambda: answers.append(ada.call("GET", "loyalty/slow").status_code))
    running.start()
    time.sleep(0.5)
    stopping = threading.Thread(target=lambda: took.append(service.stop()))
    began = time.monotonic()
    stopping.start()
    time.sleep(0.3)
    fresh += connected_late(service.port)
    for connection in fresh:
        connection.send(NEXT)
    for connection in fresh:
        ((status, headers, _),) = connection.answers()
        assert (status, headers["Connection"]) == (200, "close")
    assert idle.answers() == []
    assert peer.code() == 1001
    assert time.monotonic() - began < 6
    running.join()
    stopping.join()
    assert answers == [200]
    assert took[0] < 10
    time.sleep(0.5)
    assert not any(client.connected for client in clients)
    assert service.process.returncode == 0


def connected_late(port):
    """Connections made while the service still accepts some; within a second it does not any more."""
    found = []
    try:
        for _ in range(5):
            found.append(Raw(port))
    except ConnectionRefusedError:
        pass  # another process would have been asked
    return found


def test_slow_clients_are_cut_off_while_others_are_served(serve):
    service = serve()
    importer = Importer(service)
    late = imports_that_stop(importer)
    started = time.monotonic()
    slow = []
    for n in range(40):
        connection = socket.create_connection(("127.0.0.1", service.port))
        head = b"POST /api/v1/auth/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        connection.sendall(head + (b"X-Slow: " if n % 2 else b"Content-Length: 5000\r\n\r\n"))
        connection.settimeout(0.01)
        slow.append(connection)
    cut = 0
    while slow and time.monotonic() - started < 20:
        for connection in list(slow):
            try:
                connection.sendall(b"a")
                if connection.recv(100) is not None:
                    raise ConnectionError
            except TimeoutError:
                continue
            except OSError:
                slow.remove(connection)
                cut += 1
        began = time.monotonic()
        assert requests.get(f"{service.url}/livez", timeout=2).status_code == 200
        assert time.monotonic() - began < 0.5
        time.sleep(0.5)
    assert cut == 40
    assert time.monotonic() - started < 14
    for expected, connection in late:
        try:
            connection.send(NEXT)
        except OSError:
            pass  # closed already
        answers = connection.answers()
        assert [status for status, *_ in answers] == [expected]
    only(answers, 408)
    assert importer.titles() == []


def imports_that_stop(importer):
    """(the one status that is answered, connection): what comes after the deadline is no request."""
    late = []
    for expected, start in (
        (401, importer.length(5_000, token="bad")),
        (401, importer.chunked(token="bad") + b"1388\r\n"),
        (408, importer.chunked() + b"1388\r\n"),
        (408, importer.length(5_000)),
    ):
        late.append((expected, Raw(importer.port)))
        late[-1][1].send(start, ROWS)
    return late
