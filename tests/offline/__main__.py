"""The whole product without a network: it starts, reads a document, answers, and nobody is called.

Run inside a network namespace of its own: `unshare -n python -m tests.offline …`. Prints one JSON object.
"""

import argparse
import json
import socket
import tempfile
import time
from pathlib import Path

import httpx

from tests.offline.network import NOBODY, Watch, lay_wire
from tests.quality import stack as stacks
from tests.quality.stack import EngineFiles, Stack

NOTE = b"The lantern on pier seven is lit at 17:40 every evening.\n"
QUESTION = "When is the lantern on pier seven lit?"
JOB_WITHIN_S = 120.0


def main() -> None:
    arguments = _arguments()
    lay_wire()
    watch = Watch()
    watch.start()
    _require_sight(watch)
    files = EngineFiles(arguments.engine_python, arguments.lock, arguments.models)
    with tempfile.TemporaryDirectory(prefix="holdfast-offline-") as folder:
        data = Path(folder) / "data"
        with stacks.started(files, data) as stack:
            answer = _use(stack, data)
    print(json.dumps({"calls": sorted(watch.calls), "answer": answer}))


def _require_sight(watch: Watch) -> None:
    """A call made on purpose is seen; then the count begins."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
        caller.sendto(b"seen?", (NOBODY, 9))
    ends_at = time.monotonic() + 10
    while f"{NOBODY}:9" not in watch.calls:
        if time.monotonic() > ends_at:
            raise RuntimeError("the watch does not see what is sent")
        time.sleep(0.01)
    watch.calls.clear()


def _use(stack: Stack, data: Path) -> str:
    """A document goes in, an answer comes out."""
    admin = json.loads((data / "first-admin.json").read_text())
    with httpx.Client(base_url=stack.base_url, timeout=120, trust_env=False) as client:
        signed_in = client.post("/api/v1/session", json=admin)
        signed_in.raise_for_status()
        client.headers["X-CSRF-Token"] = signed_in.json()["csrf_token"]
        sent = client.post(
            "/api/v1/documents", data={"collection": "company-handbook"}, files={"file": ("lantern.md", NOTE)}
        )
        sent.raise_for_status()
        _await_job(client, sent.headers["Location"])
        reply = client.post("/api/v1/answers", json={"question": QUESTION})
        reply.raise_for_status()
        return str(reply.json()["text"])


def _await_job(client: httpx.Client, job: str) -> None:
    ends_at = time.monotonic() + JOB_WITHIN_S
    while (state := client.get(job).json()["state"]) != "done":
        if state in ("failed", "quarantined") or time.monotonic() > ends_at:
            raise RuntimeError(f"the document was not read: {state}")
        time.sleep(0.1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run the product in a namespace without a network.")
    parser.add_argument("--engine-python", type=Path, required=True)
    parser.add_argument("--lock", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
