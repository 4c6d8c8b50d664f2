"""WebSockets over real connections to a real process: the driver's frames, ends and back-pressure, and a stage's own socket."""

import base64
import json
import os
import socket
import struct
import time

import psutil
import pytest
import requests

from tests.app.realtime.test_frames import masked
from tests.processes import Caller

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: {version}\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Key: {key}\r\n\r\n"
)
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
ECHO = "/api/v1/loyalty/socket"


class Peer:
    """A client that sends bytes of the test's choice and reads one frame after the other."""

    def __init__(self, port, path=ECHO, version="13"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(HANDSHAKE.format(path=path, version=version, key=key).encode())
        self.file = self.socket.makefile("rb")
        self.head = b"".join(iter(self.file.readline, b"\r\n"))

    def send(self, opcode, payload=b"", **options):
        self.socket.sendall(masked(opcode, payload, **options))

    def frame(self):
        """(opcode, payload), or None at the end of the connection."""
        head = self.file.read(2)
        if len(head) < 2:
            return None
        assert head[0] & 0xF0 == 0x80, "final, and nothing that was not agreed on"
        size = head[1]
        if size == 126:
            (size,) = struct.unpack(">H", self.file.read(2))
        elif size == 127:
            (size,) = struct.unpack(">Q", self.file.read(8))
        return head[0] & 15, self.file.read(size)

    def code(self):
        """The close code, once everything before it has been read; the connection ends with it."""
        while (found := self.frame())[0] != CLOSE:
            pass
        assert self.frame() is None
        return int.from_bytes(found[1][:2], "big")


@pytest.fixture
def service(serve):
    return serve(STAGES="loyalty", LOG_LEVEL="info", APP_ENV="development")


def test_a_socket_of_a_stage_and_the_driver_below_socketio(service):
    """One process for all of it: a start takes two seconds."""
    echoes_messages_of_every_kind(service)
    delivers_ten_megabytes_to_a_slow_reader_whole(service)
    cuts_off_who_does_not_read(service)
    lets_strangers_leave_little_unread(service)
    ends_with_the_code_that_says_why(service)
    says_goodbye_after_everything_that_was_sent(service)
    refuses_what_is_no_handshake(service)
    says_why_a_token_is_refused(service)
    socketio_survives_packets_that_are_none(service)
    logs_sockets_as_sockets(service)


def echoes_messages_of_every_kind(service):
    peer = Peer(service.port)
    assert peer.head.startswith(b"HTTP/1.1 101 ")
    assert b"extensions" not in peer.head.lower()  # compression is not agreed on
    for opcode, payload in [(TEXT, "žluť 🐴".encode()), (BINARY, os.urandom(70_000)), (TEXT, b""), (BINARY, os.urandom(1_000_000))]:
        peer.send(opcode, payload)
        assert peer.frame() == (opcode, payload)
    peer.send(TEXT, b"frag", final=False)
    peer.send(PING, b"between")
    peer.send(0, b"mented")
    assert [peer.frame(), peer.frame()] == [(PONG, b"between"), (TEXT, b"fragmented")]
    for byte in masked(TEXT, b"byte by byte"):
        peer.socket.sendall(bytes([byte]))
    assert peer.frame() == (TEXT, b"byte by byte")
    peer.socket.close()


def delivers_ten_megabytes_to_a_slow_reader_whole(service):
    """What stock simple-websocket under gevent never finishes."""
    peer = Peer(service.port)
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20_000)
    peer.send(TEXT, b"send 10000000")
    time.sleep(0.5)
    other = Peer(service.port)
    other.send(TEXT, b"meanwhile")
    assert other.frame() == (TEXT, b"meanwhile")
    assert peer.frame() == (BINARY, b"x" * 10_000_000)


def cuts_off_who_does_not_read(service):
    worker = max(psutil.Process(service.process.pid).children(), key=lambda p: p.memory_info().rss)
    before = worker.memory_info().rss
    peer = Peer(service.port)
    peer.send(TEXT, b"flood")  # 100 MB, of which nothing is read
    time.sleep(1.0)
    assert worker.memory_info().rss - before < 30_000_000
    received = 0
    try:
        while data := peer.socket.recv(1_000_000):
            received += len(data)
    except ConnectionResetError:
        pass
    assert received < 20_000_000
    assert "does not read" in service.output()


def lets_strangers_leave_little_unread(service):
    """Pings without a token, whose answers nobody reads."""
    peer = Peer(service.port, "/socket.io/?EIO=4&transport=websocket")
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    sent = 0
    try:
        for _ in range(400):
            peer.socket.sendall(masked(PING, b"x" * 125) * 200)
            sent += 200 * 131
    except OSError:
        pass  # as it should be
    assert sent < 10_000_000


def ends_with_the_code_that_says_why(service):
    for data, code in [
        (b"\x81\x01a", 1002),  # not masked
        (masked(3, b""), 1002),  # a reserved opcode
        (b"\xc1\x80\0\0\0\0", 1002),  # compressed, although that was not agreed on
        (masked(0, b"x"), 1002),  # a continuation of nothing
        (masked(TEXT, b"\xff\xfe"), 1007),  # no UTF-8
        (masked(TEXT, "ž".encode()[:1], final=False) + masked(0, b"x"), 1007),
        (b"\x82\xff\x00\x00\x00\x00\x00\x0f\x42\x41" + b"\0" * 4, 1009),  # one byte past the limit
        (masked(BINARY, b"x" * 600_000, final=False) + masked(0, b"x" * 600_000), 1009),
        (masked(CLOSE, b""), 1000),
        (masked(CLOSE, struct.pack(">H", 4321) + b"why"), 4321),
        (masked(CLOSE, struct.pack(">H", 1005)), 1002),
    ]:
        peer = Peer(service.port)
        peer.socket.sendall(data)
        assert (data[:20], peer.code()) == (data[:20], code)


def says_goodbye_after_everything_that_was_sent(service):
    peer = Peer(service.port)
    peer.socket.sendall(masked(TEXT, b"send 3000000") + masked(TEXT, b"bye") + masked(TEXT, b"too late") * 100)
    time.sleep(0.2)
    assert peer.frame() == (BINARY, b"x" * 3_000_000)
    assert peer.frame() == (CLOSE, struct.pack(">H", 1000))
    peer.send(CLOSE, struct.pack(">H", 1000))
    assert peer.frame() is None
    silent = Peer(service.port)
    silent.send(TEXT, b"bye")
    began = time.monotonic()
    assert silent.code() == 1000  # and the end comes although nobody answers
    assert time.monotonic() - began < 4


def refuses_what_is_no_handshake(service):
    assert Peer(service.port, version="8").head.startswith(b"HTTP/1.1 426 ")
    plain = requests.get(f"{service.url}{ECHO}", timeout=5)
    assert (plain.status_code, plain.headers["Upgrade"]) == (426, "websocket")
    assert Peer(service.port, "/socket.io/?EIO=4&transport=websocket", version="8").head.startswith(b"HTTP/1.1 400 ")


def says_why_a_token_is_refused(service):
    for auth, code in [
        ("", "unauthorized"),
        ('{"token":"eyJ.nonsense"}', "invalid_token"),
        ('{"token":7}', "unauthorized"),
        ("[]", "unauthorized"),
    ]:
        peer = Peer(service.port, "/socket.io/?EIO=4&transport=websocket")
        peer.frame()
        peer.send(TEXT, f"40{auth}".encode())
        _, message = peer.frame()
        assert message.startswith(b"44")
        refusal = json.loads(message[2:])
        assert (refusal["data"]["code"], refusal["message"]) == (code, refusal["data"]["title"])
        peer.socket.close()


def socketio_survives_packets_that_are_none(service):
    for data in [
        b"garbage",
        b"4",
        b"42",
        b"42{",
        b'42["subscribe"',
        b"9",
        b"451-[",
        b"b!!!!",
        b"\xf0\x9f\x90\xb4",
        b"3",
        b"40{}}",
        b"4" + b"[" * 900,
    ]:
        peer = Peer(service.port, "/socket.io/?EIO=4&transport=websocket")
        opcode, hello = peer.frame()
        assert (opcode, hello[:1]) == (TEXT, b"0")
        peer.send(TEXT, data)
        peer.send(BINARY, data)
        peer.send(PING, b"alive")
        seen = []
        while (frame := peer.frame()) is not None and frame != (PONG, b"alive"):
            seen.append(frame)
        # Answered, or ended as the protocol says: never an error of ours.
        assert frame == (PONG, b"alive") or all(opcode in (TEXT, CLOSE) for opcode, _ in seen), seen
        peer.socket.close()
    assert "Traceback" not in service.output()


def logs_sockets_as_sockets(service):
    assert f"route={ECHO} status=101" in service.output()
    assert f'route="{ECHO}",status="500"' not in requests.get(f"{service.url}/metrics", timeout=5).text


def test_a_client_that_missed_megabytes_gets_them_as_fast_as_it_reads(serve):
    """More than may wait for a slow reader: it must not be cut off, come back, and be cut off again for ever."""
    service = serve()
    ada = Caller(service.url, "ada@example.com")
    project = ada.post("tasks/projects", {"name": "Large"})["id"]
    task = ada.post(f"tasks/projects/{project}/tasks", {"title": "Large"})["id"]
    for n in range(25):
        body = {"notes": "žů"[n % 2] * 20_000}
        assert ada.call("PATCH", f"tasks/tasks/{task}", json=body, headers={"If-Match": "*"}).status_code == 200
    peer = Peer(service.port, "/socket.io/?EIO=4&transport=websocket")
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20_000)
    peer.frame()
    peer.send(TEXT, json.dumps({"token": ada.token}).join(["40", ""]).encode())
    assert peer.frame()[1].startswith(b"40")
    peer.send(TEXT, f'420["subscribe",{{"stream":"tasks.project","key":"{project}","after":0}}]'.encode())
    time.sleep(1.0)
    sequences, size = [], 0
    while not (message := peer.frame()[1]).startswith(b"430"):
        sequences.append(json.loads(message[2:])[1]["sequence"])
        size += len(message)
    assert sequences == list(range(1, 27))
    assert size > 4_000_000
    assert json.loads(message[3:]) == [{"ok": True, "sequence": 26}]
