"""The web page's files: built ahead, served from disk, with the page itself for every address of its own."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, PlainTextResponse, Response

from services import errors

FOREVER = "public, max-age=31536000, immutable"
NOT_BUILT = "The page has not been built yet: run `make web`, then start again.\n"
RESERVED = ("api/", "v1/", "live", "ready", "metrics", "openapi.json")


def mount(app: FastAPI, dist: Path) -> None:
    """Serve `dist` below `/`; it is routed last, so that every API route comes first."""
    root = dist.resolve()

    @app.get("/{path:path}", include_in_schema=False)
    def page(path: str) -> Response:
        if path.startswith(RESERVED):
            raise errors.NotFound
        file = (root / path).resolve()
        if path and file.is_file() and file.is_relative_to(root):
            hashed = path.startswith("assets/")
            return FileResponse(file, headers={"Cache-Control": FOREVER if hashed else "no-cache"})
        if not (root / "index.html").is_file():
            return PlainTextResponse(NOT_BUILT, status_code=503)
        if "." in Path(path).name:
            raise errors.NotFound
        return FileResponse(root / "index.html", headers={"Cache-Control": "no-cache"})
