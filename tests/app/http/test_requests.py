"""Requests that end: in time, within bounds, over TLS with the name that was meant."""

import gzip
import ssl
import time

import pytest

from app import http
from tests.app.notifications.conftest import certificate, free_port  # noqa: F401


def get(url, **options):
    return http.request("GET", url, **{"service": "test", "private": True, "timeout": 5.0, **options})


def test_an_answer_with_its_headers_and_its_body(app, peer):
    there = peer(b"HTTP/1.1 404 Not Found\r\nX-A: 1\r\nx-a: 2\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    reply = http.request("POST", f"{there.url}/p", service="test", private=True, body=b"hello", headers={"X-B": "3"})
    assert (reply.status, reply.headers["x-a"], reply.body) == (404, "1, 2", b"abcde")
    (request,) = there.requests
    assert request.startswith(b"POST /p HTTP/1.1\r\n")
    assert request.endswith(b"\r\n\r\nhello")
    assert b"Accept-Encoding: identity\r\n" in request
    assert b"X-B: 3\r\n" in request


def test_a_header_with_a_line_break_is_our_own_mistake(app, peer):
    there = peer()
    with pytest.raises(ValueError, match="Invalid header"):
        get(there.url, headers={"X-A": "1\r\nX-Evil: 2"})
    assert b"Evil" not in b"".join(there.requests)


def drip(what, pause=0.05):
    def answer(connection, _request):
        for byte in what * 1000:
            connection.sendall(bytes([byte]))
            time.sleep(pause)

    return answer


@pytest.mark.parametrize(
    "first", [b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"]
)
def test_who_drips_is_cut_off_at_the_time_out(app, peer, first):
    def answer(connection, request):
        connection.sendall(first)
        drip(b"x")(connection, request)

    started = time.monotonic()
    with pytest.raises(http.Away):
        get(peer(answer).url, timeout=0.3)
    assert time.monotonic() - started < 1.0


def test_who_says_nothing_is_left_at_the_time_out(app, peer):
    started = time.monotonic()
    with pytest.raises(http.Away):
        get(peer(lambda connection, _request: connection.recv(1)).url, timeout=0.2)
    assert time.monotonic() - started < 1.0


def test_an_answer_that_breaks_off_is_none(app, peer):
    for text in (
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"junk\r\n\r\n",
        b"",
    ):
        with pytest.raises(http.Away):
            get(peer(text).url, service=f"test:{len(text)}")


def test_nobody_at_home(app):
    with pytest.raises(http.Away, match="does not accept"):
        get(f"http://127.0.0.1:{free_port()}/")
    with pytest.raises(http.Away, match="leads nowhere"):
        get("http://nobody.invalid/")


def test_more_than_is_wanted_is_not_read(app, peer):
    said = peer(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1001)
    unsaid = peer(
        lambda connection, _request: [
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n"),
            *(connection.sendall(b"x" * 65_536) for _ in range(2000)),
        ]
    )
    for there in (said, unsaid):
        with pytest.raises(http.TooLarge):
            get(there.url, most=1000)
    assert get(peer(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000).url, most=1000).body == b"x" * 1000
    assert http.breakers() == []


def test_a_compressed_bomb_stays_compressed(app, peer):
    bomb = gzip.compress(b"\0" * 10_000_000)
    there = peer(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb)
    assert get(there.url).body == bomb


def test_head_and_204_have_no_body(app, peer):
    assert http.request("HEAD", peer(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n").url, service="t", private=True).body == b""
    assert get(peer(b"HTTP/1.1 204 No Content\r\n\r\n").url).body == b""


def test_tls_checks_the_name_that_was_asked_for_though_it_connects_to_an_address(app, peer, dns, certificate, monkeypatch):  # noqa: F811
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    names = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    there = peer(wrap=lambda connection: context.wrap_socket(connection, server_side=True))
    dns("other.example", ["127.0.0.1"])
    assert get(f"https://localhost:{there.port}/").body == b"hi"
    with pytest.raises(http.Away, match="SSLCertVerificationError"):
        get(f"https://other.example:{there.port}/")
    assert names == ["localhost", "other.example"]
    assert len(there.requests) == 1
