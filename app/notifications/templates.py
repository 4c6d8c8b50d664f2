"""Texts of mail: `auth.verify_address` is verify_address.txt and .html in the folder `mail` of the package auth.

`verify_address.de.txt` is preferred where the setting NOTIFICATIONS_LOCALE is `de`. The first line of the text is
`Subject: …`. HTML escapes by itself and usually extends `notifications.layout.html`. `url("/path")` is a link to this
service as people reach it: never made from a request, whose Host header anybody can choose.
"""

import functools
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from flask import current_app

NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
SUBJECT = "Subject:"


class Written(NamedTuple):
    subject: str
    text: str
    html: str | None


def write(template: str, data: Mapping[str, Any]) -> Written:
    """The mail in the locale of this service. Raises LookupError for a template that nobody has, UndefinedError for missing data."""
    if not NAME.fullmatch(template):
        raise LookupError(f"{template} is no name of a template.")
    locale = current_app.config["NOTIFICATIONS_LOCALE"]
    head, _, body = source(template, "txt", locale).partition("\n")
    if not head.startswith(SUBJECT):
        raise LookupError(f"The text of {template} must begin with {SUBJECT}")
    given = {"locale": locale, **data}
    # Apart from the body, so that a line break in somebody's name stays inside of the subject.
    subject = one_line(environment().from_string(head.removeprefix(SUBJECT)).render(given))
    text = environment().from_string(body.lstrip("\n")).render(given)
    return Written(subject, text, html(template, locale, {"subject": subject, **given}))


def one_line(text: str) -> str:
    """Header injection ends here: no control character survives."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", " ", text).split())[:250]


def html(template: str, locale: str, given: Mapping[str, Any]) -> str | None:
    for name in (f"{template}.{locale}.html", f"{template}.html"):
        if read(name) is not None:
            return environment().get_template(name).render(given)
    return None


def source(template: str, kind: str, locale: str) -> str:
    found = read(f"{template}.{locale}.{kind}") or read(f"{template}.{kind}")
    if found is None:
        raise LookupError(f"There is no template {template}: no {template.partition('.')[2]}.{kind} in the folder mail of its package.")
    return found


@functools.cache
def environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(read),
        autoescape=jinja2.select_autoescape(["html"], default_for_string=False),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.globals["url"] = url
    return made


def url(path: str) -> str:
    return f"{current_app.config['PUBLIC_URL'].rstrip('/') or 'http://localhost:8000'}{path}"


@functools.cache
def read(name: str) -> str | None:
    package, _, file = name.partition(".")
    folder = folder_of(package)
    path = folder / file if folder is not None else None
    return path.read_text(encoding="utf-8") if path is not None and path.is_file() else None


@functools.cache
def folder_of(package: str) -> Path | None:
    """The folder `mail` of a core package, a built-in stage or one that somebody else ships."""
    from app.stages import installed

    outside = [entry.module.partition(":")[0] for entry in installed() if entry.name == package]
    for module in (f"app.{package}", f"blueprints.{package}", *outside):
        spec = find_spec(module)
        if spec is not None and spec.submodule_search_locations:
            return Path(spec.submodule_search_locations[0]) / "mail"
    return None
