"""The lexical index: Tantivy in a folder of this process's own, derived from SQL and rebuilt when damaged."""

import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Literal

from tantivy import (
    Document,
    Index,
    IndexWriter,
    Occur,
    Query,
    Schema,
    SchemaBuilder,
    Searcher,
    TextAnalyzerBuilder,
    Tokenizer,
)

from services import errors
from services.adapters import lexical_query, lexical_terms
from services.adapters.function_words import FUNCTION_WORDS

WRITER_MEMORY_BYTES = 64 * 1024 * 1024
POSITION_ROW = "applied-position"
# Raised whenever the same text gives other terms: an index of another form is read as empty, and so rebuilt.
FORM = 3
MARK_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """One chunk as the lexical index reads it; `title` is its document's name."""

    chunk_id: str
    version_id: str
    document_id: str
    scope: int
    title: str
    heading: str
    body: str
    language: str = ""
    """Its version's, where that is known; a chunk whose function words say otherwise is believed."""


class LexicalIndex:
    """BM25 over words, pairs and identifiers; written by one process, searched by all its threads.

    Nothing on disk is touched before the first use, so that a process that never searches holds no lock.
    A call that meets damage raises errors.IndexUnavailable and leaves the index empty, at position 0.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = RLock()
        self._schema = _schema()
        self._index: Index | None = None
        self._writer: IndexWriter | None = None

    def writing(self) -> RLock:
        """Held by a thread while it makes one whole change of several calls."""
        return self._lock

    def add(self, entries: Iterable[Entry]) -> None:
        """Write chunks; they are found after the next `commit`."""
        with self._lock, _Guard(self):
            writer = self._opened_writer()
            for entry in entries:
                writer.add_document(_document(entry))

    def replace(self, entries: Iterable[Entry], position: int) -> None:
        """Make it hold these and nothing else; searches see what was there until all is there."""
        try:
            with self._lock, _Guard(self):
                self._opened_writer().delete_all_documents()
                self.add(entries)
                self.commit(position)
        except BaseException:
            self.close()  # what was not committed is dropped, so that no later commit empties the index
            raise

    def remove_version(self, version_id: str) -> None:
        """Take a version's chunks out; it takes effect with the next `commit`."""
        with self._lock, _Guard(self):
            self._opened_writer().delete_documents_by_term("version", version_id)

    def commit(self, position: int) -> None:
        """Make everything since the last commit durable and findable, together with the applied position."""
        with self._lock, _Guard(self):
            writer = self._opened_writer()
            writer.delete_documents_by_term("chunk", POSITION_ROW)
            row = Document(chunk=[POSITION_ROW], version=[POSITION_ROW], position=[position], form=[FORM])
            writer.add_document(row)
            writer.commit()
            self._opened_index().reload()

    def position(self) -> int:
        """The position the last commit named; 0 for a new index and one that was damaged."""
        try:
            return self._committed_position()
        except errors.IndexUnavailable:
            return self._committed_position()

    def count(self) -> int:
        """How many chunks are found."""
        with _Guard(self):
            return int(self._opened_index().searcher().search(self._chunks_only(), 1).count)

    def mark(self) -> int:
        """The sum that equal sets of chunks share; see `generations.mark_of`."""
        with _Guard(self):
            searcher = self._opened_index().searcher()
            total = searcher.aggregate(self._chunks_only(), {"mark": {"sum": {"field": "mark"}}})
            return int(total["mark"]["value"] or 0)

    def search(
        self,
        query_text: str,
        k: int,
        scopes: Collection[int] | None = None,
        versions: Collection[str] | None = None,
    ) -> list[tuple[str, float]]:
        """The `k` best chunks of these scopes and versions with their score, best first; None means all."""
        if scopes is not None and not scopes:
            return []
        with _Guard(self):
            searcher = self._opened_index().searcher()
            question = self._asked(query_text, searcher)
            query = lexical_query.proposing(question, self._schema, searcher)
            if query is None:
                return []
            within = self._within(self._within(query, "scope", scopes), "version", versions)
            return self._hits(searcher, within, k)

    def scores(self, query_text: str, ids: Collection[str]) -> dict[str, float]:
        """How well each of these chunks fits, told finer than by `search`; unknown ones are left out."""
        if not ids:
            return {}
        with _Guard(self):
            searcher = self._opened_index().searcher()
            question = self._asked(query_text, searcher)
            return dict(self._hits(searcher, lexical_query.judging(question, self._schema, ids), len(ids)))

    def clear(self) -> None:
        """Forget everything, also what is damaged; the index is as new, at position 0."""
        with self._lock:
            self.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    def close(self) -> None:
        """Give the folder's lock back; what was not committed is dropped."""
        with self._lock:
            self._writer = None
            self._index = None

    def _committed_position(self) -> int:
        with _Guard(self):
            searcher = self._opened_index().searcher()
            hits = searcher.search(self._term("chunk", POSITION_ROW), 1).hits
            row = searcher.doc(hits[0][1]).to_dict() if hits else {}
            return int(row["position"][0]) if row.get("form") == [FORM] else 0

    def _opened_index(self) -> Index:
        with self._lock:
            if self._index is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                index = Index(self._schema, path=str(self._folder))
                index.register_tokenizer("terms", TextAnalyzerBuilder(Tokenizer.whitespace()).build())
                self._index = index
            return self._index

    def _opened_writer(self) -> IndexWriter:
        if self._writer is None:
            self._writer = self._opened_index().writer(WRITER_MEMORY_BYTES, 1)
        return self._writer

    def _asked(self, text: str, searcher: Searcher) -> lexical_query.Asked:
        chunks = {language: searcher.doc_freq("language", language) for language in lexical_terms.STEMMERS}
        return lexical_query.asked(text, {language: count for language, count in chunks.items() if count})

    def _within(self, query: Query, field: str, wanted: Collection[int] | Collection[str] | None) -> Query:
        if wanted is None:
            return query
        within = Query.term_set_query(self._schema, field, list(wanted))
        return Query.boolean_query([(Occur.Must, query), (Occur.Must, Query.const_score_query(within, 0.0))])

    @staticmethod
    def _hits(searcher: Searcher, query: Query, k: int) -> list[tuple[str, float]]:
        hits = searcher.search(query, k, count=False).hits
        return [(searcher.doc(address)["chunk"][0], float(score)) for score, address in hits]

    def _term(self, field: str, value: str) -> Query:
        return Query.term_query(self._schema, field, value)

    def _chunks_only(self) -> Query:
        return Query.boolean_query(
            [(Occur.Must, Query.all_query()), (Occur.MustNot, self._term("chunk", POSITION_ROW))]
        )


class _Guard:
    """Turns what Tantivy raises for a missing or broken folder into our error, and starts the index anew.

    A class, because Tantivy's panics are neither Exceptions nor importable: they are known by their module.
    """

    def __init__(self, index: LexicalIndex) -> None:
        self._index = index

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> Literal[False]:
        if kind is None or not _is_tantivys(kind):
            return False
        if "LockBusy" in str(error):
            raise errors.IndexUnavailable(
                "The lexical index's folder belongs to another running api; give each its own"
            ) from error
        self._index.clear()
        raise errors.IndexUnavailable("The lexical index was damaged and is being rebuilt") from error


def _is_tantivys(kind: type[BaseException]) -> bool:
    if issubclass(kind, UnicodeError):
        return False
    return issubclass(kind, (ValueError, OSError)) or kind.__module__ == "pyo3_runtime"


def _document(entry: Entry) -> Document:
    # One field to count words in: a heading's words then weigh like the text's, not on top of it.
    body = "\n".join([entry.heading, entry.body])
    language = _language(entry)
    written = lexical_terms.as_written(body)
    paired = lexical_terms.pairs(lexical_terms.stems(lexical_terms.content(body, language), language))
    return Document(
        chunk=[entry.chunk_id],
        version=[entry.version_id],
        document=[entry.document_id],
        scope=[entry.scope],
        language=[language],
        title=[" ".join(lexical_terms.words(entry.title, language))],
        heading=[" ".join(lexical_terms.words(entry.heading, language))],
        words=[" ".join(lexical_terms.words(body, language))],
        written=[" ".join(written)],
        grams=[" ".join(lexical_terms.grams(written))],
        pairs=[" ".join(paired)],
        codes=lexical_terms.identifiers(f"{entry.title}\n{body}"),
        mark=[_mark(entry.chunk_id)],
    )


def _mark(chunk_id: str) -> int:
    try:
        return int(chunk_id[:MARK_DIGITS], 16)
    except ValueError:  # no digest: nothing that SQL would know
        return 0


def _language(entry: Entry) -> str:
    known = entry.language if entry.language in lexical_terms.STEMMERS else ""
    if known and known not in FUNCTION_WORDS:
        return known
    return lexical_terms.language_of(entry.body) or known or lexical_terms.FALLBACK


def _schema() -> Schema:
    builder = SchemaBuilder()
    builder.add_text_field("chunk", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("version", "document", "language"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("scope", indexed=True)
    builder.add_integer_field("mark", fast=True)
    for name in ("position", "form"):
        builder.add_integer_field(name, stored=True)
    for name in ("title", "heading", "words", "grams", "pairs"):
        builder.add_text_field(name, tokenizer_name="terms", index_option="freq")
    builder.add_text_field("written", tokenizer_name="terms", index_option="position")
    builder.add_text_field("codes", tokenizer_name="raw", index_option="freq")
    return builder.build()
