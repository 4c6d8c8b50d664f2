"""A thousand Socket.IO clients in one thread: epoll, WebSocket frames read by hand, every event counted."""

import base64
import json
import os
import select
import socket
import struct
import time
from dataclasses import dataclass

HANDSHAKE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"


def masked(text: str) -> bytes:
    """A text frame as clients send it, up to 65,535 bytes."""
    payload, key = text.encode(), os.urandom(4)
    head = bytes([0x81, 0x80 | len(payload)]) if len(payload) < 126 else b"\x81" + struct.pack(">BH", 0x80 | 126, len(payload))
    return head + key + bytes(byte ^ key[n & 3] for n, byte in enumerate(payload))


@dataclass(slots=True, eq=False)
class Client:
    sock: socket.socket
    buffer: bytes = b""
    upgraded: bool = False
    events: int = 0


class Crowd:
    """Clients that connect with a token, join the room, answer pings and count what arrives."""

    def __init__(self, port: int, token: str | None, *, deflate: bool = False):
        self._port, self._token, self._deflate = port, token, deflate
        self._poll = select.epoll()
        self.clients: dict[int, Client] = {}
        self.joined = self.events = self.lost = 0

    def connect(self, count: int, seconds: float = 60) -> None:
        """Until all have joined. Raises SystemExit when they do not."""
        deadline, opened = time.monotonic() + seconds, self.joined
        while self.joined < count:
            if time.monotonic() > deadline:
                raise SystemExit(f"only {self.joined} of {count} clients joined, {self.lost} were cut off")
            while opened < count and opened - self.joined < 50:
                self._open()
                opened += 1
            self.turn(0.02)

    def _open(self) -> None:
        sock = socket.create_connection(("127.0.0.1", self._port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        sock.sendall(HANDSHAKE.format(key=key, more=DEFLATE if self._deflate else "").encode())
        sock.setblocking(False)
        self.clients[sock.fileno()] = Client(sock)
        self._poll.register(sock.fileno(), select.EPOLLIN)

    def wait(self, events: int, seconds: float) -> bool:
        """Until so many events have arrived in all; whether they did."""
        deadline = time.monotonic() + seconds
        while self.events < events and time.monotonic() < deadline:
            self.turn(0.05)
        return self.events >= events

    def turn(self, seconds: float) -> None:
        for number, _ in self._poll.poll(seconds, 512):
            client = self.clients[number]
            try:
                data = client.sock.recv(262_144)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if not data:
                self._cut(number)
                continue
            client.buffer += data
            self._read(client)

    def _cut(self, number: int) -> None:
        self._poll.unregister(number)
        self.clients.pop(number).sock.close()
        self.lost += 1

    def _read(self, client: Client) -> None:
        buffer = client.buffer
        if not client.upgraded:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if b" 101 " not in buffer[:20]:
                raise SystemExit(buffer[:300].decode(errors="replace"))
            client.upgraded, buffer = True, buffer[end + 4 :]
        at, size = 0, len(buffer)
        while size - at >= 2:
            length, head = buffer[at + 1], 2
            if length == 126 and size - at >= 4:
                length, head = int.from_bytes(buffer[at + 2 : at + 4], "big"), 4
            elif length == 127 and size - at >= 10:
                length, head = int.from_bytes(buffer[at + 2 : at + 10], "big"), 10
            elif length >= 126:
                break
            if size - at < head + length:
                break
            self._frame(client, buffer[at] & 15, buffer[at + head : at + head + length])
            at += head + length
        client.buffer = buffer[at:]

    def _frame(self, client: Client, opcode: int, payload: bytes) -> None:
        """Engine.IO packets: 0 open, 2 ping, 4 message, of which 40 is connected, 42 an event and 43 an answer."""
        kind = payload[:2]
        if kind == b"42" or opcode == 2:
            self.events += 1
            client.events += 1
        elif kind[:1] == b"0":
            client.sock.send(masked("40" + (json.dumps({"token": self._token}) if self._token else "")))
        elif kind == b"40":
            client.sock.send(masked('420["join"]'))
        elif kind == b"43":
            self.joined += 1
        elif kind == b"2":
            client.sock.send(masked("3"))
        elif opcode == 8 or kind == b"44":
            raise SystemExit(f"a client was refused: {payload[:200]!r}")

    def close(self) -> None:
        for client in self.clients.values():
            client.sock.close()
        self._poll.close()
