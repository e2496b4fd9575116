"""Hand a document in and follow its job to the end: `python push.py URL KEY COLLECTION FILE`."""

import hashlib
import sys
import time
from pathlib import Path

import httpx

ENDED = ("done", "failed", "quarantined", "cancelled")


def push(url: str, key: str, collection: str, file: Path, look_every_s: float = 1.0) -> dict[str, object]:
    """The ended job. Sent again, the same content changes nothing; a webhook would spare the looking."""
    content, headers = file.read_bytes(), {"Authorization": f"Bearer {key}"}
    once = {"Idempotency-Key": hashlib.sha256(file.name.encode() + content).hexdigest()}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        data, files = {"collection": collection}, {"file": (file.name, content)}
        reply = client.post("/api/v1/documents", data=data, files=files, headers=once)
        reply.raise_for_status()
        job: dict[str, object] = reply.json()["job"]
        while job["state"] not in ENDED:
            time.sleep(look_every_s)
            job = client.get(reply.headers["Location"]).raise_for_status().json()
    return job


if __name__ == "__main__":
    print(push(*sys.argv[1:4], Path(sys.argv[4])))
