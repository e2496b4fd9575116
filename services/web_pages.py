"""The web page's files: built ahead, served from disk, with the page itself for every address of its own."""

import gzip
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response
from starlette.convertors import Convertor, register_url_convertor

from services import errors

FOREVER = "public, max-age=31536000, immutable"
# Fonts and images are compressed already.
WORTH_COMPRESSING = (".js", ".css", ".html", ".svg", ".json", ".mjs")
NOT_BUILT = "The page has not been built yet: run `make web`, then start again.\n"


class PagePath(Convertor[str]):
    """Any path but those of the API, so that an unknown one of these is not found with every method."""

    regex = r"(?!api(?:/|$)|v1(?:/|$)|(?:live|ready|metrics|openapi\.json)$).*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("page", PagePath())


def mount(app: FastAPI, dist: Path) -> None:
    """Serve `dist` below `/`; it is routed last, so that every API route comes first."""
    root = dist.resolve()

    @app.get("/{path:page}", include_in_schema=False)
    def page(path: str, request: Request) -> Response:
        if file := _file_below(root, path):
            hashed = path.startswith("assets/")
            return _reply(file, request, FOREVER if hashed else "no-cache")
        if not (root / "index.html").is_file():
            return PlainTextResponse(NOT_BUILT, status_code=503)
        if "." in Path(path).name:
            raise errors.NotFound
        return _reply(root / "index.html", request, "no-cache")


def _reply(file: Path, request: Request, caching: str) -> Response:
    """The file, compressed where the browser takes it: built files hold no secret that lengths could tell."""
    headers = {"Cache-Control": caching, "Vary": "Accept-Encoding"}
    if file.suffix in WORTH_COMPRESSING and "gzip" in request.headers.get("accept-encoding", ""):
        kind = FileResponse(file).media_type
        body = _compressed(file, file.stat().st_mtime_ns)
        return Response(body, headers=headers | {"Content-Encoding": "gzip"}, media_type=kind)
    return FileResponse(file, headers=headers)


@lru_cache(maxsize=256)
def _compressed(file: Path, _written_at: int) -> bytes:
    return gzip.compress(file.read_bytes(), mtime=0)


def _file_below(root: Path, path: str) -> Path | None:
    try:
        file = (root / path).resolve()
        return file if file.is_relative_to(root) and file.is_file() else None
    except (OSError, ValueError):  # longer than the file system takes, or with a NUL
        return None
