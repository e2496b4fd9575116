"""A source with a collection of its own, synced in a test as a worker would."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from ingestion import syncing
from services import syncs
from services.database.session import now
from services.database.tables.library import Document
from services.database.tables.runs import Run
from services.database.tables.sources import Source, SourceRun, SourceRunItem
from services.resources import Resources
from tests.company import Company
from tests.ground import ingest_text


@dataclass(frozen=True)
class Outcome:
    """What one sync came to; `lines` by key."""

    run: Run
    counts: tuple[int, int, int, int, int]
    lines: dict[str, tuple[str, str]]


@dataclass
class Depot:
    """`counts` are added, changed, removed, skipped, unchanged."""

    resources: Resources
    company: Company = field(init=False)
    source_id: str = ""

    def __post_init__(self) -> None:
        self.company = Company(self.resources)
        self.company.person("ada", "staff", "hr")

    def open(
        self,
        kind: str,
        options: dict[str, Any],
        *,
        name: str = "share",
        readers: Sequence[dict[str, Any]] = (),
        secrets: dict[str, str] | None = None,
        **more: Any,
    ) -> str:
        """A source that was tested already; returns its id."""
        collection = self.company.library.collection(f"of-{name}", "staff", "hr")
        source = Source(
            name=name,
            kind=kind,
            options=options,
            secrets=secrets or {},
            readers=list(readers),
            collection_id=collection,
            created_by=self.company.people["ada"],
            tested_at=more.pop("tested_at", None) or now(),
            **more,
        )
        with self.resources.transactions.write() as session:
            session.add(source)
            session.flush()
            self.source_id = source.id
        return self.source_id

    def request(self, **wanted: Any) -> str:
        with self.resources.transactions.write() as session:
            source = session.get_one(Source, self.source_id)
            return syncs.request_sync(session, source, requested_by=None, **wanted).id

    def sync(self, **wanted: Any) -> Outcome:
        run_id = self.request(**wanted)
        syncing.sync(run_id, "w1", self.resources)
        return self.outcome(run_id)

    def outcome(self, run_id: str) -> Outcome:
        with self.resources.transactions.read() as session:
            about = session.get_one(SourceRun, run_id)
            lines = session.scalars(select(SourceRunItem).where(SourceRunItem.run_id == run_id))
            return Outcome(
                session.get_one(Run, run_id),
                (about.added, about.changed, about.removed, about.skipped, about.unchanged),
                {line.key: (line.action, line.reason) for line in lines},
            )

    def documents(self) -> dict[str, Document]:
        """The living documents by name."""
        with self.resources.transactions.read() as session:
            found = session.scalars(select(Document).where(Document.deleted_at.is_(None))).all()
            for document in found:
                _ = [version.state for version in document.versions]
            return {document.name: document for document in found}

    def waiting(self) -> list[str]:
        """Ids of the ingestion runs that wait."""
        with self.resources.transactions.read() as session:
            return list(session.scalars(select(Run.id).where(Run.kind == "ingest", Run.state == "waiting")))

    def ingest(self, text: str = "The office closes at six.") -> None:
        """Read what waits to be read, each with this text."""
        for run_id in self.waiting():
            ingest_text(self.resources, run_id, text)
