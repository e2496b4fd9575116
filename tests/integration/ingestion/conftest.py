"""The pipeline on its real parts: parsing child, embedder, Chroma, both databases."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from ingestion import pipeline
from services import runs
from services.adapters.file_store import StoredFile
from services.database.tables.library import Collection, Document, Version
from services.database.tables.runs import Run
from services.documents import grants, library
from services.media_types import detect_media_type
from services.resources import Resources
from tests.company import Company
from tests.ground import close_ground, open_ground


@pytest.fixture
def resources(settings, transactions, lock, chunk_index, embedder) -> Iterator[Resources]:
    opened = open_ground(settings, transactions, lock, chunk_index=chunk_index, embedder=embedder)
    yield opened
    close_ground(opened)


@dataclass
class Shelf:
    """One collection, a contributor, and what becomes of the files handed in."""

    resources: Resources
    company: Company
    collection_id: str

    def add(self, name: str, content: bytes, **more: object) -> str:
        """Hand a file in; returns its run's id."""
        stored = self.resources.files.save_bytes(content)
        file = library.NewFile(name, detect_media_type(name, content), StoredFile(stored, len(content)))
        caller = self.company.caller("ada")  # signs in, which is a transaction of its own
        with self.resources.transactions.write() as session:
            collection = session.get_one(Collection, self.collection_id)
            given = {"reader_group_ids": None, "resources": self.resources, **more}
            added = library.add_version(session, caller, collection, file, **given)
            return added.run.id

    def ingest(self, run_id: str) -> Run:
        """Do the run as a worker would; returns what became of it."""
        pipeline.ingest(run_id, "w1", self.resources)
        return self.run(run_id)

    def run(self, run_id: str) -> Run:
        with self.resources.transactions.read() as session:
            return session.get_one(Run, run_id)

    def version(self, run_id: str) -> Version:
        with self.resources.transactions.read() as session:
            return session.get_one(Version, self.run(run_id).subject)

    def remove(self, run_id: str) -> None:
        caller = self.company.caller("ada")
        with self.resources.transactions.write() as session:
            version = session.get_one(Version, self.run(run_id).subject)
            document = session.get_one(Document, version.document_id)
            library.remove(session, caller, document)

    def narrow(self, run_id: str, *groups: str) -> int:
        """Let only these groups read the document; returns its new scope."""
        ids = [self.company.library.group(group) for group in groups]
        caller = self.company.caller("ada")
        with self.resources.transactions.write() as session:
            version = session.get_one(Version, self.run(run_id).subject)
            document = session.get_one(Document, version.document_id)
            library.narrow(session, caller, document, ids, self.resources)
            return document.scope_id

    def visible(self) -> list[int]:
        """Numbers of the versions that answer now."""
        with self.resources.transactions.read() as session:
            query = select(Version.number).join(Document)
            return list(
                session.scalars(query.where(Version.state == "visible", Document.deleted_at.is_(None)))
            )


@pytest.fixture
def shelf(resources: Resources) -> Shelf:
    company = Company(resources)
    company.person("ada", "staff")
    collection_id = company.library.collection("handbook", "staff")
    with resources.transactions.write() as session:
        grants.to_groups(session, collection_id, "curate", [company.library.group("staff")])
    return Shelf(resources, company, collection_id)


@pytest.fixture
def claim_elsewhere(resources: Resources) -> Callable[[str], runs.Claim]:
    """Another worker takes the run, as when ours has lost its lease."""

    def take(run_id: str) -> runs.Claim:
        with resources.transactions.write() as session:
            run = session.get_one(Run, run_id)
            run.state = "waiting"
            session.flush()
            return runs.claim(session, run_id, worker="w2", lease_s=60.0)

    return take
