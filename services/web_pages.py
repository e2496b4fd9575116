"""The web page's files: built ahead, served from disk, with the page itself for every address of its own."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, PlainTextResponse, Response
from starlette.convertors import Convertor, register_url_convertor

from services import errors

FOREVER = "public, max-age=31536000, immutable"
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
    def page(path: str) -> Response:
        if file := _file_below(root, path):
            hashed = path.startswith("assets/")
            return FileResponse(file, headers={"Cache-Control": FOREVER if hashed else "no-cache"})
        if not (root / "index.html").is_file():
            return PlainTextResponse(NOT_BUILT, status_code=503)
        if "." in Path(path).name:
            raise errors.NotFound
        return FileResponse(root / "index.html", headers={"Cache-Control": "no-cache"})


def _file_below(root: Path, path: str) -> Path | None:
    try:
        file = (root / path).resolve()
        return file if file.is_relative_to(root) and file.is_file() else None
    except (OSError, ValueError):  # longer than the file system takes, or with a NUL
        return None
