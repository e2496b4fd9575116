"""The demo company's documents, handed in through the same door as any others."""

import tomllib
from pathlib import Path

import httpx

from services import errors

DEMO = Path(__file__).parents[2] / "deploy" / "demo"
ADMIN = "admin"
PEOPLE_FILE = "demo-people.json"
DONE_FILE = "demo-done"


def missing_documents(client: httpx.Client) -> list[tuple[str, Path]]:
    """The demo documents that the library does not hold yet, as (collection, file)."""
    demo = tomllib.loads((DEMO / "demo.toml").read_text())
    missing = []
    for row in demo["collections"]:
        listed = client.get("/api/v1/documents", params={"collection": row["name"], "limit": 200}).json()
        there = {item["name"] for item in listed["items"]}
        folder = DEMO / "documents" / row["folder"]
        missing += [(row["name"], file) for file in sorted(folder.iterdir()) if file.name not in there]
    return missing


def upload(client: httpx.Client, collection: str, file: Path) -> str:
    """Hand one document in as any knowledge manager would; returns its job's id."""
    narrowed = _narrowing(client, file)
    with file.open("rb") as content:
        reply = client.post(
            "/api/v1/documents",
            data={"collection": collection, "reader_group_ids": narrowed},
            files={"file": (file.name, content)},
        )
    reply.raise_for_status()
    job_id: str = reply.json()["job"]["id"]
    return job_id


def _narrowing(client: httpx.Client, file: Path) -> list[str]:
    demo = tomllib.loads((DEMO / "demo.toml").read_text())
    names = {
        name
        for row in demo.get("narrowed", [])
        if row["document"] == f"{file.parent.name}/{file.name}"
        for name in row["reader_groups"]
    }
    if not names:
        return []
    groups = client.get("/api/v1/groups", params={"limit": 200}).json()["items"]
    found = [group["id"] for group in groups if group["name"] in names]
    if len(found) != len(names):  # without its narrowing the document would be open to the whole collection
        raise errors.NotFound(f"{file.name} is for groups that are not there")
    return found
