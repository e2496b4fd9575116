"""The demo company, put in through the ordinary doors: SQL for people and grants, REST for its documents."""

import json
import secrets
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.database.session import Transactions
from services.database.tables.library import Collection
from services.documents import library, scopes
from services.identity import first_start, permissions

DEMO = Path(__file__).parents[2] / "deploy" / "demo"
ADMIN = "admin"
CURATORS = "curators"


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What was made at the first start; passwords are shown once and kept for the demo people only."""

    admin_password: str | None
    passwords: dict[str, str]


def prepare(transactions: Transactions, people_file: Path, *, with_demo: bool) -> FirstStart:
    """The first administrator and, where wanted, the demo's people, groups and collections."""
    password = new_password()
    demo: dict[str, Any] = tomllib.loads((DEMO / "demo.toml").read_text()) if with_demo else {}
    passwords = json.loads(people_file.read_text()) if people_file.exists() else {}
    for person in demo.get("people", []):
        passwords.setdefault(person["login"], new_password())
    with transactions.write() as session:
        admin = first_start.ensure_first_admin(session, ADMIN, password)
        _prepare_demo(session, demo, passwords)
        if admin is not None and demo:
            names = [row["name"] for row in demo["groups"]] + [CURATORS]
            groups = [first_start.ensure_group(session, name) for name in names]
            admin.groups.extend(group for group in groups if group not in admin.groups)
    if demo:
        people_file.touch(mode=0o600)
        people_file.write_text(json.dumps(passwords, indent=1))
    return FirstStart(password if admin is not None else None, passwords)


def _prepare_demo(session: Session, demo: dict[str, Any], passwords: dict[str, str]) -> None:
    for person in demo.get("people", []):
        first_start.ensure_person(
            session, person["login"], person["name"], passwords[person["login"]], person["groups"]
        )
    for row in demo.get("collections", []):
        _prepare_collection(session, row)


def _prepare_collection(session: Session, row: dict[str, Any]) -> None:
    if session.scalar(select(Collection.id).where(Collection.name == row["name"])):
        return
    collection = Collection(name=row["name"], title=row["title"], description=row["description"])
    session.add(collection)
    session.flush()
    scopes.intern_scope(session, collection.id, None)
    readers = [first_start.ensure_group(session, name).id for name in row["reader_groups"]]
    library.grant(session, collection.id, permissions.READ, readers)
    curators = first_start.ensure_group(session, CURATORS)
    library.grant(session, collection.id, permissions.CONTRIBUTE, [curators.id])


def new_password() -> str:
    """Twelve words' worth of chance in a form that can be typed: four groups of five characters."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))


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
    return [group["id"] for group in groups if group["name"] in names]
