"""Bodies over real connections: one that ends early is no body, and what is left of one is never the next request."""

import pytest

from tests.raw import NEXT, ROWS, Importer, Raw, chunk, only


@pytest.fixture
def service(serve):
    return serve()


def test_bodies_that_end_early_or_are_not_read_and_requests_that_are_none(service):
    """One process for all of it: a start takes two seconds."""
    importer = Importer(service)
    a_body_whose_client_leaves_is_no_body(importer)
    a_chunked_body_that_is_malformed_is_a_bad_request(importer)
    what_the_app_did_not_read_is_never_the_next_request(importer)
    requests_in_a_row_are_answered_in_a_row(importer)
    what_gunicorn_refuses_is_answered_as_by_us(importer)
    assert "Traceback" not in service.output()


def a_body_whose_client_leaves_is_no_body(importer):
    for start in (importer.length(len(ROWS) + 50), importer.chunked() + b"40\r\n", importer.chunked() + chunk(b"title\n") + b"ff;x=y\r\n"):
        leaving = Raw(importer.port)
        leaving.send(start, ROWS)
        leaving.half_close()
        only(leaving.answers(), 400)
    for start in (importer.length(5_000), importer.chunked() + b"1388\r\n"):
        gone = Raw(importer.port)
        gone.send(start, ROWS)
        gone.socket.close()
    # Without the last, empty chunk nobody knows that nothing is missing.
    unfinished = Raw(importer.port)
    unfinished.send(importer.chunked(), chunk(ROWS))
    unfinished.half_close()
    only(unfinished.answers(), 400)
    assert importer.titles() == []


def a_chunked_body_that_is_malformed_is_a_bad_request(importer):
    for body in (b"zz\r\n" + ROWS, b"5\r\n" + ROWS, chunk(ROWS) + b"0\r\nHost: y\r\n\r\n"):
        malformed = Raw(importer.port)
        malformed.send(importer.chunked(), body, b"\r\n0\r\n\r\n", NEXT)
        only(malformed.answers(), 400)
    assert importer.titles() == []


def what_the_app_did_not_read_is_never_the_next_request(importer):
    """The token is bad, so nobody reads the body."""
    for body in (importer.length(len(NEXT), token="bad") + NEXT, importer.chunked(token="bad") + chunk(NEXT) + b"0\r\n\r\n"):
        whole = Raw(importer.port)
        whole.send(body, b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert [answer[0] for answer in whole.answers()] == [401, 404]
    for body in (importer.length(500, token="bad") + ROWS, importer.chunked(token="bad") + b"zz\r\n" + NEXT):
        cut = Raw(importer.port)
        cut.send(body)
        cut.half_close()
        assert [answer[0] for answer in cut.answers()] == [401]


def requests_in_a_row_are_answered_in_a_row(importer):
    row = Raw(importer.port)
    first, second = b"title\none\n", b"title\ntwo\n"
    row.send(importer.length(len(first)), first, importer.chunked(), chunk(second), b"0\r\n\r\n", importer.length(400, "Connection: close"))
    row.half_close()
    assert [answer[0] for answer in row.answers()] == [200, 200, 400]
    assert importer.titles() == ["one", "two"]


def what_gunicorn_refuses_is_answered_as_by_us(importer):
    for status, code, sent in (
        (400, "bad_request", b"get /livez HTTP/1.1\r\nHost: x\r\n\r\n"),
        (400, "bad_request", b"<script>alert(1)</script>\r\n\r\n"),
        (400, "bad_request", b"GET /livez HTTP/1.1\r\nHost: x\r\nBad header\r\n\r\n"),
        (400, "bad_request", b"GET /livez HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"),
        (400, "bad_request", b"GET /livez HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
        (414, None, b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
        (417, "expectation_failed", b"GET /livez HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n"),
        (431, "request_header_fields_too_large", b"GET /livez HTTP/1.1\r\n" + b"X: y\r\n" * 101 + b"\r\n"),
        (501, "not_implemented", b"POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: zstd\r\n\r\n"),
    ):
        refused = Raw(importer.port)
        refused.send(sent, NEXT)
        found = only(refused.answers(), status)
        assert code in (None, found["code"])  # Python's name of 414 has changed
