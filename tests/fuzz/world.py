"""What generated requests meet: a small company on a SQLite file of its own, its model a script."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import FastAPI
from sqlalchemy import select

from services.app import create_app
from services.database.session import Transactions, open_engine
from services.database.tables.library import CollectionGrant, Version
from services.identity import last_use
from services.settings import Settings
from tests.company import Company
from tests.ground import close_ground, open_ground, provisional_lock
from tests.parts import migrate

SENTENCE = "The quokka costs 12 euros."
CALLERS = ("contributor", "reader", "administrator", "anonymous")
SCOPES = ("search", "ask", "documents:read", "documents:write", "webhooks")


@dataclass(frozen=True)
class World:
    """`callers` are the headers of each kind of caller."""

    app: FastAPI
    callers: dict[str, dict[str, str]]


@contextmanager
def fuzzed_world() -> Iterator[World]:
    """A person who may add to the one collection, a reader, an administrator, and nobody at all."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(data_dir=folder, secret_key="f" * 32, allow_bare_model=True)
        migrate(settings)
        transactions = Transactions(open_engine(settings))
        resources = open_ground(settings, transactions, provisional_lock(folder / "models"))
        resources.model.pieces = [SENTENCE]
        company = _company(Company(resources))
        callers = {
            "contributor": company.key("ada", *SCOPES),
            "reader": company.key("cyd", *SCOPES),
            "administrator": company.key("root", *SCOPES, "admin"),
            "anonymous": {},
        }
        yield World(create_app(settings, resources), callers)
        last_use.settle()
        close_ground(resources)
        transactions.engine.dispose()


def _company(company: Company) -> Company:
    company.person("ada", "everyone", "clerks")
    company.person("cyd", "everyone", "readers")
    company.person("root", "everyone", is_admin=True)
    collection = company.library.collection("ledger", "readers")
    clerks = company.library.group("clerks")
    with company.resources.transactions.write() as session:
        session.add(CollectionGrant(collection_id=collection, group_id=clerks, access="curate"))
    company.library.add(collection, "costs.txt", [SENTENCE])
    with company.resources.transactions.write() as session:
        (version,) = session.scalars(select(Version))
        version.file_digest = company.resources.files.save_bytes(SENTENCE.encode())
    return company
