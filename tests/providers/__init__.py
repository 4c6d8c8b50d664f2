"""Others whom people sign in with, on loopback: each speaks its protocol over HTTP and refuses what the real one refuses."""

import http.client
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from werkzeug.serving import make_server

logging.getLogger("werkzeug").setLevel(logging.ERROR)


@contextmanager
def served(app) -> Iterator[str]:
    """The address of a WSGI app that runs in threads of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def visited(url: str) -> str:
    """Where a browser that opens the address is sent on to."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status in {302, 303}, (answer.status, said)
        return answer.getheader("Location") or ""
    finally:
        connection.close()
