"""Files of the console and of the API documentation. Nothing here needs a token: the page asks the API."""

from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, request, send_from_directory
from werkzeug.exceptions import NotFound

bp = Blueprint("console", __name__)

STATIC = Path(__file__).parent / "static"
REVALIDATE = "no-cache"
"""Browsers ask each time and mostly get a 304: a new version shows at once."""


@bp.get("/")
def show_console() -> Response:
    return file(STATIC, "index.html")


@bp.get("/console/static/<path:name>")
def show_static(name: str) -> Response:
    return file(STATIC, name)


@bp.get("/console/<stage>/<path:name>")
def show_stage_file(stage: str, name: str) -> Response:
    found = current_app.extensions["stages"].get(stage)
    if found is None or found.console is None:
        raise NotFound()
    return file(found.console.static, name)


@bp.get("/docs")
def show_docs() -> Response:
    return file(STATIC, "docs.html")


@bp.get("/docs/<path:name>")
def show_swagger_file(name: str) -> Response:
    return file(swagger_folder(), name)


def file(folder: Path, name: str) -> Response:
    response = send_from_directory(folder, name, conditional=True, etag=True)
    response.headers["Cache-Control"] = REVALIDATE
    if request.path.startswith("/docs"):
        # Swagger UI draws icons from data: addresses and styles elements by attribute.
        response.headers["Content-Security-Policy"] = DOCS_POLICY
    return response


DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def swagger_folder() -> Path:
    spec = find_spec("swagger_ui_bundle")
    assert spec is not None and spec.origin is not None
    return next((Path(spec.origin).parent / "vendor").glob("swagger-ui-*"))


def register(app: Flask) -> None:
    app.register_blueprint(bp)
