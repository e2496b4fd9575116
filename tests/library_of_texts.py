"""A library made in a test: groups, collections, and documents that are published and indexed at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from ingestion.arrays import array_bytes
from services import passages
from services.adapters.file_store import FileStore
from services.adapters.lexical import LexicalIndex
from services.adapters.vector_file import VectorFile
from services.database import changes, tables
from services.database.session import Transactions, now, open_engine
from services.database.tables.identity import Group, Person
from services.database.tables.library import (
    SUPERSEDED,
    VISIBLE,
    ChunkRow,
    Collection,
    CollectionGrant,
    Document,
    Version,
)
from services.documents.scopes import intern_scope
from services.identity.callers import Caller
from services.passages import Chunk
from services.resources import Resources
from services.settings import Settings
from tests.fakes import FakeChunkIndex, FakeEmbedder


@dataclass
class Library:
    """Shorthands around `resources`; everything they write goes the way the product writes it."""

    resources: Resources
    groups: dict[str, str] = field(default_factory=dict)

    def group(self, name: str) -> str:
        if name not in self.groups:
            with self.resources.transactions.write() as session:
                group = Group(name=name)
                session.add(group)
                session.flush()
                self.groups[name] = group.id
        return self.groups[name]

    def caller(self, *groups: str) -> Caller:
        ids = frozenset(self.group(name) for name in groups)
        scopes = frozenset({"search", "ask", "documents:read", "documents:write"})
        return Caller("p" * 32, "ada", "Ada", False, ids, scopes, "c" * 32, "session")

    def collection(self, name: str, *readers: str) -> str:
        reader_ids = [self.group(reader) for reader in readers]
        with self.resources.transactions.write() as session:
            collection = Collection(name=name)
            session.add(collection)
            session.flush()
            session.add_all(CollectionGrant(collection_id=collection.id, group_id=one) for one in reader_ids)
            intern_scope(session, collection.id, None)
            return collection.id

    def add(
        self,
        collection_id: str,
        name: str,
        texts: Sequence[str],
        *,
        narrowed_to: Sequence[str] | None = None,
        headings: Sequence[tuple[str, ...]] = (),
    ) -> list[str]:
        """A document of these chunks, one page each, or its next version; returns the chunks' ids."""
        narrowing = None if narrowed_to is None else [self.group(group) for group in narrowed_to]
        stored = "\n\n".join(texts)
        chunks = _chunks(texts, headings)
        vectors = self.resources.embedder.embed([chunk.embedded_text for chunk in chunks])
        with self.resources.transactions.write() as session:
            scope = intern_scope(session, collection_id, narrowing)
            document = session.scalar(
                select(Document).where(Document.collection_id == collection_id, Document.name == name)
            ) or Document(collection_id=collection_id, scope_id=scope.id, name=name)
            session.add(document)
            for older in document.versions:
                if older.state == VISIBLE:
                    older.state = SUPERSEDED
                    session.flush()
                    changes.append(session, older.id, "remove")
            version = Version(
                number=len(document.versions) + 1,
                state=VISIBLE,
                file_digest="f" * 64,
                file_bytes=len(stored),
                media_type="text/plain",
                text_digest=self.resources.files.save_bytes(stored.encode()),
                vectors_digest=self.resources.files.save_bytes(array_bytes(vectors)),
                page_spans=[[page, chunk.start, chunk.end] for page, chunk in enumerate(chunks, start=1)],
                published_at=now(),
            )
            document.versions.append(version)
            session.flush()
            rows = [_row(version.id, chunk) for chunk in chunks]
            session.add_all(rows)
            changes.append(session, version.id, "publish")
            ids, scope_id = [row.id for row in rows], document.scope_id
        self.resources.chunk_index.upsert(ids, vectors, scope_id)
        return ids

    def document_of(self, chunk_id: str) -> str:
        with self.resources.transactions.read() as session:
            return session.scalars(
                select(Version.document_id).join(ChunkRow).where(ChunkRow.id == chunk_id)
            ).one()

    def replaced(self, **parts: Any) -> "Library":
        return replace(self, resources=replace(self.resources, **parts))


def open_library(settings: Settings, folder: Path, **parts: Any) -> Library:
    """An empty library on the settings' database; fakes where `parts` name nothing else."""
    engine = open_engine(settings)
    tables.metadata.create_all(engine)
    given = {"chunk_index": FakeChunkIndex(), "embedder": FakeEmbedder(), **parts}
    resources = Resources(
        settings=settings,
        lock=SimpleNamespace(
            generation="first",
            embedder=SimpleNamespace(digest="e" * 64),
            ingestion=SimpleNamespace(chunker="test"),
        ),
        transactions=Transactions(engine),
        files=FileStore(folder / "files"),
        queue=None,
        model=None,
        lexical=LexicalIndex(folder / "lexical"),
        vectors=VectorFile(folder / "vectors"),
        **given,
    )
    return Library(resources)


def close_library(library: Library) -> None:
    library.resources.lexical.close()
    library.resources.vectors.close()
    library.resources.chunk_index.close()
    engine = library.resources.transactions.engine
    tables.metadata.drop_all(engine)
    engine.dispose()


def add_person(library: Library, login: str, *groups: str) -> str:
    ids = [library.group(group) for group in groups]
    with library.resources.transactions.write() as session:
        person = Person(login=login, groups=[session.get_one(Group, one) for one in ids])
        session.add(person)
        session.flush()
        return person.id


def _chunks(texts: Sequence[str], headings: Sequence[tuple[str, ...]]) -> list[Chunk]:
    chunks, start = [], 0
    for ordinal, text in enumerate(texts):
        path = headings[ordinal] if headings else ()
        chunks.append(
            Chunk(
                ordinal, text, start, start + len(text), path, first_page=ordinal + 1, last_page=ordinal + 1
            )
        )
        start += len(text) + 2
    return chunks


def _row(version_id: str, chunk: Chunk) -> ChunkRow:
    return ChunkRow(
        id=passages.chunk_id(version_id, chunk.ordinal, chunk.text),
        version_id=version_id,
        ordinal=chunk.ordinal,
        text=chunk.text,
        start=chunk.start,
        end=chunk.end,
        heading_path=list(chunk.heading_path),
        first_page=chunk.first_page,
        last_page=chunk.last_page,
        tokens=len(chunk.text.split()),
        kind=chunk.kind,
    )
