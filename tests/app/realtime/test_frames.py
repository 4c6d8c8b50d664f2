"""WebSocket frames (RFC 6455)."""

import os
import struct

import pytest

from app.realtime.websocket import frames
from app.realtime.websocket.connection import answer_to
from app.realtime.websocket.frames import BINARY, CLOSE, PING, TEXT, Decoder, Violation


def masked(opcode, payload, *, final=True, key=None):
    key = key or b"\x01\x80\xff\x7e"
    size = len(payload)
    head = bytes([(0x80 if final else 0) | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65_536:
        head += bytes([0x80 | 126]) + struct.pack(">H", size)
    else:
        head += bytes([0x80 | 127]) + struct.pack(">Q", size)
    return head + key + bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 100_003])
def test_a_message_of_any_size_arrives_byte_by_byte_or_at_once(size):
    payload = os.urandom(size)
    whole = Decoder(1_000_000)
    whole.feed(masked(BINARY, payload))
    assert whole.next() == (BINARY, payload)
    assert whole.next() is None
    if size < 200:
        slow = Decoder(1_000_000)
        for byte in masked(BINARY, payload)[:-1]:
            slow.feed(bytes([byte]))
            assert slow.next() is None


def test_fragments_are_put_together_with_control_frames_in_between():
    decoder = Decoder(100)
    decoder.feed(masked(TEXT, b"ab", final=False) + masked(PING, b"!") + masked(0, b"cd", final=False) + masked(0, b"ef"))
    assert [decoder.next(), decoder.next(), decoder.next()] == [(PING, b"!"), (TEXT, b"abcdef"), None]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x01a", 1002),  # not masked
        (b"\xc1\x80\0\0\0\0", 1002),  # a reserved bit: compression was never agreed on
        (b"\x83\x80\0\0\0\0", 1002),  # a reserved opcode
        (b"\x09\x80\0\0\0\0", 1002),  # a fragmented ping
        (b"\x89\xfe\x00\x7e\0\0\0\0", 1002),  # a ping that is too long
        (b"\x80\x80\0\0\0\0", 1002),  # a continuation of nothing
        (masked(TEXT, b"a", final=False) + masked(TEXT, b"b"), 1002),
        (b"\x82\xff\x00\x00\x00\x00\x00\x00\x03\xe9\0\0\0\0", 1009),  # refused by its header, before its payload
        (masked(TEXT, b"x" * 600, final=False) + masked(0, b"x" * 600), 1009),
    ],
)
def test_what_breaks_the_protocol_is_refused_with_its_close_code(data, code):
    decoder = Decoder(1000)
    decoder.feed(data)
    with pytest.raises(Violation) as refused:
        list(iter(decoder.next, None))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", 1000),
        (b"\x03", 1002),
        (b"\x03\xe8", 1000),
        (b"\x03\xedx", 1002),
        (b"\x0f\xa0", 4000),
        (b"\x00\x01", 1002),
        (b"\x03\xee", 1002),
    ],
)
def test_close_frames_are_answered_with_a_valid_code(payload, code):
    assert answer_to(payload) == code


def test_frames_of_ours_have_the_shortest_length_form():
    assert frames.encode(TEXT, b"hi") == b"\x81\x02hi"
    assert frames.message("x" * 126)[:4] == b"\x81\x7e\x00\x7e"
    assert frames.message(b"x" * 65_536)[:10] == b"\x82\x7f" + (65_536).to_bytes(8, "big")
    assert frames.close(1001) == bytes([0x80 | CLOSE, 2]) + b"\x03\xe9"
