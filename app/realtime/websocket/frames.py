"""WebSocket frames (RFC 6455, section 5) without any input or output.

The sans-I/O cores of `websockets` and `wsproto` build objects per frame and copy payloads several times;
broadcasting to a thousand clients, that is most of the time (docs/decisions/0002-websocket-driver.md).
"""

import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
NORMAL, GOING_AWAY, PROTOCOL_ERROR, BAD_TEXT, TOO_BIG = 1000, 1001, 1002, 1007, 1009
CONTROL_MOST = 125


class Violation(Exception):
    """The peer broke the protocol; ``code`` is the close code that says how."""

    def __init__(self, code: int, reason: str):
        super().__init__(reason)
        self.code = code


def encode(opcode: int, payload: bytes) -> bytes:
    """One unmasked, final frame: what servers send."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65_536:
        return struct.pack(">BBH", 0x80 | opcode, 126, size) + payload
    return struct.pack(">BBQ", 0x80 | opcode, 127, size) + payload


def message(data: str | bytes) -> bytes:
    return encode(TEXT, data.encode()) if isinstance(data, str) else encode(BINARY, bytes(data))


def close(code: int) -> bytes:
    return encode(CLOSE, struct.pack(">H", code))


def unmask(payload: bytes, key: bytes) -> bytes:
    """XOR with the repeated key, as one operation on two long integers."""
    size = len(payload)
    mask = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")).to_bytes(size, "big")


class Decoder:
    """Feed it bytes, take frames and whole messages out. Refuses a message past ``limit`` before buffering it."""

    def __init__(self, limit: int):
        self._limit = limit
        self._buffer = bytearray()
        self._fragments: tuple[int, bytearray] | None = None

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next(self) -> tuple[int, bytes] | None:
        """The next whole message or control frame as (opcode, payload); None when more bytes are needed.

        Raises Violation.
        """
        while True:
            frame = self._frame()
            if frame is None:
                return None
            final, opcode, payload = frame
            if opcode >= CLOSE:
                return opcode, payload
            if (whole := self._assemble(final, opcode, payload)) is not None:
                return whole

    def _assemble(self, final: bool, opcode: int, payload: bytes) -> tuple[int, bytes] | None:
        if opcode == 0:
            if self._fragments is None:
                raise Violation(PROTOCOL_ERROR, "a continuation of nothing")
            self._fragments[1].extend(payload)
            if not final:
                return None
            opcode, payload = self._fragments[0], bytes(self._fragments[1])
            self._fragments = None
        elif self._fragments is not None:
            raise Violation(PROTOCOL_ERROR, "a new message inside of another")
        elif not final:
            self._fragments = (opcode, bytearray(payload))
            return None
        return opcode, payload

    def _frame(self) -> tuple[bool, int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        first, second = buffer[0], buffer[1]
        opcode, size, header = first & 15, second & 127, 2
        if first & 0x70 or not second & 0x80 or opcode not in (0, TEXT, BINARY, CLOSE, PING, PONG):
            raise Violation(PROTOCOL_ERROR, "reserved bits or opcode, or an unmasked frame")
        if opcode >= CLOSE and (size > CONTROL_MOST or not first & 0x80):
            raise Violation(PROTOCOL_ERROR, "a control frame that is long or fragmented")
        if size >= 126:
            header = 4 if size == 126 else 10
            if len(buffer) < header:
                return None
            size = int.from_bytes(buffer[2:header], "big")
        if size + (len(self._fragments[1]) if self._fragments else 0) > self._limit:
            raise Violation(TOO_BIG, "a message past the limit")
        end = header + 4 + size
        if len(buffer) < end:
            return None
        payload = unmask(bytes(buffer[header + 4 : end]), bytes(buffer[header : header + 4])) if size else b""
        del buffer[:end]
        return bool(first & 0x80), opcode, payload
