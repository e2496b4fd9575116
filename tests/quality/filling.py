"""Public documents put into a running stack through the door that everybody uses, and waited for."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.quality.asking import Person

PATIENCE_S = 3600.0


class NotIngested(RuntimeError):
    """A document could not be read, or not in time."""


def fill(admin: Person, contributor: Person, collection: str, files: Sequence[Path]) -> None:
    """The collection with these files, readable by everyone; what is there already is left as it is."""
    _make_collection(admin, collection)
    there = _names(contributor, collection)
    jobs = [_upload(contributor, collection, file) for file in files if file.name not in there]
    deadline = time.monotonic() + PATIENCE_S
    for job in jobs:
        _wait(contributor, job, deadline)


def _make_collection(admin: Person, name: str) -> None:
    groups = admin.http.get("/api/v1/groups", params={"limit": 200}).raise_for_status().json()["items"]
    everyone = [group["id"] for group in groups if group["name"] == "everyone"]
    body = {"name": name, "reader_group_ids": everyone, "contributor_group_ids": everyone}
    reply = admin.http.post("/api/v1/collections", json=body)
    if reply.status_code != 409:
        reply.raise_for_status()


def _names(person: Person, collection: str) -> set[str]:
    found: set[str] = set()
    wanted: dict[str, Any] = {"collection": collection, "limit": 200}
    while True:
        page = person.http.get("/api/v1/documents", params=wanted).raise_for_status().json()
        found |= {item["name"] for item in page["items"]}
        if not page["next_cursor"]:
            return found
        wanted["cursor"] = page["next_cursor"]


def _upload(person: Person, collection: str, file: Path) -> str:
    with file.open("rb") as content:
        reply = person.http.post(
            "/api/v1/documents", data={"collection": collection}, files={"file": (file.name, content)}
        )
    return str(reply.raise_for_status().json()["job"]["id"])


def _wait(person: Person, job_id: str, deadline: float) -> None:
    while time.monotonic() < deadline:
        job = person.http.get(f"/api/v1/jobs/{job_id}").raise_for_status().json()
        if job["state"] == "done":
            return
        if job["state"] in ("failed", "cancelled", "quarantined"):
            raise NotIngested(f"{job['document_name']}: {job['state']}, {job['error']}")
        time.sleep(0.5)
    raise NotIngested("not read in time")
