"""A model hub on loopback that the real huggingface_hub client takes for one: listing, HEAD, ranged GET."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "c0ffee" + "0" * 34


@dataclass
class Hub:
    """`files` is the content of the one repository; `breaks_after` cuts the next weights off."""

    repository: str = "acme/tiny"
    files: dict[str, bytes] = field(default_factory=dict)
    gated: bool = False
    token: str | None = None
    moved_to: str | None = None
    breaks_after: int | None = None
    told_digest: str | None = None
    port: int = 0
    ranges: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def listing(self) -> dict[str, Any]:
        siblings = [
            {"rfilename": name, "size": len(content), **self._lfs(name, content)}
            for name, content in self.files.items()
        ]
        return {"id": self.repository, "sha": COMMIT, "tags": ["license:apache-2.0"], "siblings": siblings}

    def _lfs(self, name: str, content: bytes) -> dict[str, Any]:
        if not name.endswith(".safetensors"):
            return {}
        digest = self.told_digest or sha256(content).hexdigest()
        return {"lfs": {"sha256": digest, "size": len(content), "pointerSize": 100}}


class Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: Any) -> None:
        """Quiet."""

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        hub, path = self.hub, self.path.partition("?")[0]
        hub.asked.append(f"{self.command} {path}")
        if hub.token and self.headers.get("Authorization") != f"Bearer {hub.token}":
            return self._send(401, b"{}", {"X-Error-Code": "RepoNotFound"})
        if hub.gated:
            return self._send(403, b"{}", {"X-Error-Code": "GatedRepo"})
        if path.startswith("/api/"):
            return self._send_listing(path)
        return self._send_named(path, with_body=with_body)

    def _send_listing(self, path: str) -> None:
        hub = self.hub
        if re.fullmatch(rf"/api/models/{hub.repository}(/revision/(main|{COMMIT}|v1))?", path):
            return self._send(200, json.dumps(hub.listing()).encode(), {"Content-Type": "application/json"})
        code = "RevisionNotFound" if hub.repository in path else "RepoNotFound"
        return self._send(404, b"{}", {"X-Error-Code": code})

    def _send_named(self, path: str, *, with_body: bool) -> None:
        hub = self.hub
        name = path.partition(f"/{hub.repository}/resolve/{COMMIT}/")[2] or path.removeprefix("/moved/")
        if name not in hub.files:
            return self._send(404, b"{}", {"X-Error-Code": "EntryNotFound"})
        if hub.moved_to and not path.startswith("/moved/") and name.endswith(".safetensors"):
            return self._send(302, b"", self._names(name) | {"Location": f"{hub.moved_to}/moved/{name}"})
        return self._send_file(name, with_body=with_body)

    def _names(self, name: str) -> dict[str, str]:
        content = self.hub.files[name]
        digest = sha256(content) if name.endswith(".safetensors") else sha1(content, usedforsecurity=False)
        return {
            "X-Repo-Commit": COMMIT,
            "ETag": f'"{digest.hexdigest()}"',
            "X-Linked-Size": str(len(content)),
        }

    def _send_file(self, name: str, *, with_body: bool) -> None:
        content, status = self.hub.files[name], 200
        headers = self._names(name)
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted:
            self.hub.ranges.append(wanted[0])
            start, status = int(wanted[1]), 206
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            content = content[start:]
        cut = None
        if with_body and self.hub.breaks_after is not None and name.endswith(".safetensors"):
            cut, self.hub.breaks_after = self.hub.breaks_after, None
        self._send(status, content, headers, cut=cut, with_body=with_body)

    def _send(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str],
        *,
        cut: int | None = None,
        with_body: bool = True,
    ) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if with_body and self.command == "GET":
            self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.close_connection = True


@contextmanager
def running_hub() -> Iterator[Hub]:
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub}))
    server.daemon_threads = True
    hub.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
