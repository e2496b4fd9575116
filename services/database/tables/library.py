"""The library: collections, the scopes that say who reads, documents, their versions and chunks."""

from datetime import date, datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.database.session import now
from services.database.tables.base import NAMES_FILE, Base, Digest, Id, new_id

CollectionKey = Annotated[
    str, mapped_column(ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True)
]
GroupKey = Annotated[
    str, mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True, index=True)
]

# What a version goes through; only one version of a document is `visible`.
WAITING, PROCESSING, VISIBLE = "waiting", "processing", "visible"
FAILED, QUARANTINED, SUPERSEDED = "failed", "quarantined", "superseded"
CANCELLED = "cancelled"


class Collection(Base):
    """What access is granted on."""

    __tablename__ = "collections"
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class CollectionGrant(Base):
    """A group's access to a collection: `read`, `contribute` or `curate`, each with those before it."""

    __tablename__ = "collection_grants"
    collection_id: Mapped[CollectionKey]
    group_id: Mapped[GroupKey]
    access: Mapped[str] = mapped_column(String(12), default="read")


class CollectionPerson(Base):
    """The same for one person."""

    __tablename__ = "collection_people"
    collection_id: Mapped[CollectionKey]
    person_id: Mapped[str] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    access: Mapped[str] = mapped_column(String(12), default="read")


class Scope(Base):
    """An interned set of readers: a collection's, narrowed (where `narrowing` is not empty) to some groups.

    A grant changes rows here or in `collection_grants`; the chunk index only knows the number.
    """

    __tablename__ = "scopes"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    collection_id: Mapped[str] = mapped_column(ForeignKey("collections.id", ondelete="CASCADE"))
    narrowing: Mapped[Digest] = mapped_column(String(64), default="")
    groups: Mapped[list["ScopeGroup"]] = relationship(cascade="all, delete-orphan")
    __table_args__ = (UniqueConstraint("collection_id", "narrowing"),)


class ScopeGroup(Base):
    """One group that a narrowed scope still lets read (if the collection does, too)."""

    __tablename__ = "scope_groups"
    scope_id: Mapped[int] = mapped_column(ForeignKey("scopes.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[GroupKey]


class Document(Base):
    """A file in the library, through all its versions."""

    __tablename__ = "documents"
    id: Mapped[Id]
    collection_id: Mapped[str] = mapped_column(ForeignKey("collections.id"), index=True)
    scope_id: Mapped[int] = mapped_column(ForeignKey("scopes.id"), index=True)
    name: Mapped[str] = mapped_column(String(400))
    # Another document that this one was attached to; not a foreign key, for rows here are never removed.
    parent_id: Mapped[str | None] = mapped_column(String(32), index=True)
    created_by: Mapped[str | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    deleted_at: Mapped[datetime | None]
    # Both days belong to the time in which what it says is in force; None where nobody said.
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    versions: Mapped[list["Version"]] = relationship(order_by="Version.number", back_populates="document")
    scope: Mapped[Scope] = relationship()
    collection: Mapped[Collection] = relationship()
    __table_args__ = (
        # Two uploads of one name at once must become two versions, never two documents.
        Index(
            "uq_documents_live_name",
            "collection_id",
            "scope_id",
            "name",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )


class Version(Base):
    """A document's content at a time."""

    __tablename__ = "versions"
    id: Mapped[Id]
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"))
    number: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(12), default=WAITING)
    file_digest: Mapped[Digest] = mapped_column(index=True, info=NAMES_FILE)
    file_bytes: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str] = mapped_column(String(120))
    text_digest: Mapped[str | None] = mapped_column(String(64), index=True, info=NAMES_FILE)
    vectors_digest: Mapped[str | None] = mapped_column(String(64), index=True, info=NAMES_FILE)
    page_spans: Mapped[list[Any]] = mapped_column(default=list)
    pages: Mapped[int] = mapped_column(default=0)
    warnings: Mapped[list[Any]] = mapped_column(default=list)
    language: Mapped[str] = mapped_column(String(8), default="", server_default="")
    parser: Mapped[str] = mapped_column(String(80), default="")
    chunker: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    published_at: Mapped[datetime | None]
    document: Mapped[Document] = relationship(back_populates="versions")
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        # One visible version, said by the database itself.
        Index(
            "uq_versions_visible",
            "document_id",
            unique=True,
            sqlite_where=text("state = 'visible'"),
            postgresql_where=text("state = 'visible'"),
        ),
    )


class ChunkRow(Base):
    """A chunk's text and place; `id` is `passages.chunk_id(version, ordinal, text)`."""

    __tablename__ = "chunks"
    id: Mapped[Digest] = mapped_column(primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    prefix: Mapped[str] = mapped_column(Text, default="")
    start: Mapped[int]
    end: Mapped[int]
    heading_path: Mapped[list[Any]] = mapped_column(default=list)
    first_page: Mapped[int | None]
    last_page: Mapped[int | None]
    tokens: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(12), default="text")
    version: Mapped[Version] = relationship()
    __table_args__ = (UniqueConstraint("version_id", "ordinal"),)


class Change(Base):
    """What the derived indexes must follow, in commit order (`position` is given under a lock at publish)."""

    __tablename__ = "changes"
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    version_id: Mapped[str] = mapped_column(String(32))
    action: Mapped[str] = mapped_column(String(8))  # publish | remove
    at: Mapped[datetime] = mapped_column(default=now)


class Purge(Base):
    """A version whose vectors are still to be taken out of the chunk index (tombstone)."""

    __tablename__ = "purges"
    version_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    sightings: Mapped[int] = mapped_column(default=0)
    vectors: Mapped[int | None]  # how many ids were looked for in the chunk index and not found any more
    at: Mapped[datetime] = mapped_column(default=now)
    done_at: Mapped[datetime | None]


class IndexReplica(Base):
    """How far one api replica's own indexes have followed the changes, and what they hold."""

    __tablename__ = "index_replicas"
    name: Mapped[str] = mapped_column(String(120), primary_key=True, default=new_id)
    generation: Mapped[str] = mapped_column(String(64), default="", server_default="")
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    chunks: Mapped[int] = mapped_column(default=0)
    mark: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Sum of the first 32 bits of every chunk's id: equal sets have equal sums."""
    rebuilds: Mapped[int] = mapped_column(default=0, server_default="0")
    seen_at: Mapped[datetime] = mapped_column(default=now)
