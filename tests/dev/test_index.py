"""Downloads: from the index that pip would take, and only what the pin names."""

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator

import pytest

from devtools import index
from devtools.index import Pin
from devtools.say import Refusal

CONTENT = b"a wheel"
PIN = Pin("thing", "thing-1.0-py3-none-any.whl", hashlib.sha256(CONTENT).hexdigest())


class Index(http.server.ThreadingHTTPServer):
    listing = ""
    authorization: str | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}/simple"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Index

    def do_GET(self):
        self.server.authorization = self.headers["Authorization"]
        body = self.server.listing.encode() if self.path == "/simple/thing/" else CONTENT
        self.send_response(200 if self.path in {"/simple/thing/", "/files/thing-1.0-py3-none-any.whl"} else 404)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch) -> Iterator[Index]:
    with Index(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("PIP_INDEX_URL", f"http://{server.address}/")
        yield server
        server.shutdown()
        thread.join()


HTML = (
    '<a href="../../files/thing-0.9-py3-none-any.whl#sha256=00">0.9</a> <a href="../../files/thing-1.0-py3-none-any.whl#sha256=00">1.0</a>'
)
JSON = json.dumps({"files": [{"filename": PIN.file, "url": f"/files/{PIN.file}"}, {"filename": "thing-2.0.tar.gz", "url": "/no"}]})


@pytest.mark.parametrize("listing", [HTML, JSON])
def test_old_and_new_indexes_are_understood(server, tmp_path, listing):
    server.listing = listing
    assert index.download(PIN, tmp_path / "new").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "new").iterdir()] == [PIN.file]


def test_a_file_that_is_not_the_pinned_one_is_not_kept(server, tmp_path):
    server.listing = JSON
    with pytest.raises(Refusal, match="its hash differs"):
        index.download(PIN._replace(sha256="0" * 64), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_of_an_earlier_run_is_fetched_again(server, tmp_path):
    server.listing = JSON
    (tmp_path / PIN.file).write_bytes(CONTENT[:3])
    assert index.download(PIN, tmp_path).read_bytes() == CONTENT


def test_credentials_of_the_address_are_sent_and_never_shown(server, tmp_path, monkeypatch):
    server.listing = JSON
    monkeypatch.setenv("PIP_INDEX_URL", f"http://me:s%40cret@{server.address}")
    index.download(PIN, tmp_path)
    assert server.authorization == "Basic bWU6c0BjcmV0"
    server.listing = "{}"
    monkeypatch.setenv("PIP_INDEX_URL", "http://me:s%40cret@127.0.0.1:9/simple")
    with pytest.raises(Refusal) as refusal:
        index.download(PIN._replace(file="other.whl"), tmp_path)
    assert "cret" not in str(refusal.value)


def test_what_the_index_lacks_is_named(server, tmp_path):
    server.listing = '{"files": []}'
    with pytest.raises(Refusal, match=r"has no thing-1\.0"):
        index.download(PIN, tmp_path)


def test_the_settings_of_pip_count_in_the_order_of_pip(tmp_path, monkeypatch):
    for name in ("PIP_INDEX_URL", "PIP_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / ".pip").mkdir()
    (tmp_path / ".pip" / "pip.conf").write_text("[global]\nindex-url = https://old.example/simple\n")
    assert index.address() == "https://old.example/simple"
    (tmp_path / "config" / "pip").mkdir(parents=True)
    (tmp_path / "config" / "pip" / "pip.conf").write_text("[global]\nindex-url = https://mine.example/simple/\n")
    assert index.address() == "https://mine.example/simple"
    (tmp_path / "own").write_text("[install]\nindex-url: https://own.example/%7Esimple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "own"))
    assert index.address() == "https://own.example/%7Esimple"
    monkeypatch.setenv("PIP_INDEX_URL", "https://given.example/simple")
    assert index.address() == "https://given.example/simple"
    monkeypatch.delenv("PIP_INDEX_URL")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    assert index.address() == "https://pypi.org/simple"
