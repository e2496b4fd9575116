"""What is made before the first request: the schema, the first administrator, the demo company's people.

Run as a process of its own (`python -m services.cli.prepare`), so that `holdfast up` itself stays light
and starts the slow parts meanwhile. It prints one JSON object: the first administrator's password, or null.
"""

import argparse
import json
import secrets
import tomllib
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.cli import private_file
from services.cli.client import Credentials
from services.cli.demo import ADMIN, DEMO, PEOPLE_FILE
from services.database import schema
from services.database.session import Transactions, open_engine
from services.database.tables.library import Collection
from services.documents import grants, scopes
from services.documents.schemas import CollectionPatch
from services.identity import first_start
from services.settings import load_settings

CURATORS = "curators"


def prepare(transactions: Transactions, people_file: Path, *, with_demo: bool) -> str | None:
    """Make what is missing; returns the first administrator's password where one was made now."""
    password = new_password()
    demo: dict[str, Any] = tomllib.loads((DEMO / "demo.toml").read_text()) if with_demo else {}
    passwords = json.loads(people_file.read_text()) if people_file.exists() else {}
    for person in demo.get("people", []):
        passwords.setdefault(person["login"], new_password())
    if demo:
        private_file.write(people_file, json.dumps(passwords, indent=1))
    with transactions.write() as session:
        admin = first_start.ensure_first_admin(session, ADMIN, password)
        _prepare_demo(session, demo, passwords)
        if admin is not None and demo:
            names = [row["name"] for row in demo["groups"]] + [CURATORS]
            groups = [first_start.ensure_group(session, name) for name in names]
            admin.groups.extend(group for group in groups if group not in admin.groups)
        if admin is not None:  # kept before the commit, or a start that breaks off here locks everybody out
            Credentials(ADMIN, password).save(people_file.parent)
    return password if admin is not None else None


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
    curators = first_start.ensure_group(session, CURATORS)
    granted = CollectionPatch(reader_group_ids=readers, curator_group_ids=[curators.id])
    grants.grant(session, collection.id, granted)


def new_password() -> str:
    """Twelve words' worth of chance in a form that can be typed: four groups of five characters."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))


def main() -> None:
    arguments = argparse.ArgumentParser(description="Prepare the database of the embedded mode.")
    arguments.add_argument("--demo", action="store_true", help="with the demo company")
    settings = load_settings()
    engine = open_engine(settings)
    schema.migrate(engine)
    with_demo = arguments.parse_args().demo
    made = prepare(Transactions(engine), settings.data_dir / PEOPLE_FILE, with_demo=with_demo)
    engine.dispose()
    print(json.dumps({"admin_password": made}))


if __name__ == "__main__":
    main()
