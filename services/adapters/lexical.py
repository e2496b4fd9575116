"""The lexical index: Tantivy in a folder of this process's own, derived from SQL and rebuilt when damaged.

What a person typed is never read as query syntax: it is cut into terms, quoted phrases and identifiers
(`ERR-4012`, `§ 12.3`, `v2.1`), and the query is built from those.
"""

import re
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Literal

from tantivy import (
    Document,
    Filter,
    Index,
    IndexWriter,
    Occur,
    Query,
    Schema,
    SchemaBuilder,
    TextAnalyzer,
    TextAnalyzerBuilder,
    Tokenizer,
)

from services import errors

WRITER_MEMORY_BYTES = 64 * 1024 * 1024
LONGEST_TERM = 60
# A question longer than this is an attack or a pasted document; its first terms say enough.
MOST_TERMS = 128
# Chosen on two question sets, reported on two others: tests/quality/measure_retrieval.py.
TITLE_BOOST, HEADING_BOOST, IDENTIFIER_BOOST, PAIR_BOOST, PAIR_DISTANCE = 0.1, 0.1, 0.3, 0.3, 1
QUOTED_BOOST = 2.0
POSITION_ROW = "applied-position"

# Paragraph signs with their number, and words that hold a digit or are joined by signs.
IDENTIFIER = re.compile(r"§+\s*\d[\w.]*|\w+(?:[-._/:#@]\w+)+|\w*\d\w*")
QUOTED = re.compile(r"[\"“„»]([^\"“”„«»]{2,200})[\"”“«]")
# What makes a sentence a question says nothing of what it asks about.
QUESTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a about am an and are as at be been but by can could did do does for from had has have he her his "
        "how i if in into is it its me my no not of on or our she should so such that the their then there "
        "these they this to us was we were what when where which who whom why will with would you your",
    )
)


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


class LexicalIndex:
    """BM25 over title, heading and body; written by one process, searched by all its threads.

    Nothing on disk is touched before the first use, so that a process that never searches holds no lock.
    A call that meets damage raises errors.IndexUnavailable and leaves the index empty, at position 0.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = RLock()
        self._schema = _schema()
        self._words = _words_analyzer()
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

    def remove_version(self, version_id: str) -> None:
        """Take a version's chunks out; it takes effect with the next `commit`."""
        with self._lock, _Guard(self):
            self._opened_writer().delete_documents_by_term("version", version_id)

    def commit(self, position: int) -> None:
        """Make everything since the last commit durable and findable, together with the applied position."""
        with self._lock, _Guard(self):
            writer = self._opened_writer()
            writer.delete_documents_by_term("chunk", POSITION_ROW)
            writer.add_document(Document(chunk=[POSITION_ROW], version=[POSITION_ROW], position=[position]))
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

    def search(
        self, query_text: str, k: int, scopes: Collection[int] | None = None
    ) -> list[tuple[str, float]]:
        """The `k` best chunks with their BM25 score, best first; `scopes` None means all."""
        query = self._query(query_text)
        if query is None or (scopes is not None and not scopes):
            return []
        if scopes is not None:
            within = Query.term_set_query(self._schema, "scope", sorted(scopes))
            query = Query.boolean_query(
                [(Occur.Must, query), (Occur.Must, Query.const_score_query(within, 0.0))]
            )
        with _Guard(self):
            searcher = self._opened_index().searcher()
            hits = searcher.search(query, k, count=False).hits
            return [(searcher.doc(address)["chunk"][0], float(score)) for score, address in hits]

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
            return int(searcher.doc(hits[0][1])["position"][0]) if hits else 0

    def _opened_index(self) -> Index:
        with self._lock:
            if self._index is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                index = Index(self._schema, path=str(self._folder))
                index.register_tokenizer("words", self._words)
                self._index = index
            return self._index

    def _opened_writer(self) -> IndexWriter:
        if self._writer is None:
            self._writer = self._opened_index().writer(WRITER_MEMORY_BYTES, 1)
        return self._writer

    def _query(self, text: str) -> Query | None:
        terms = self._words.analyze(_asked_about(text))[:MOST_TERMS]
        clauses = [
            *(self._anywhere(term) for term in dict.fromkeys(terms)),
            *(self._near(pair) for pair in dict.fromkeys(pairwise(terms))),
            *(self._as_written(code) for code in identifiers(text)[:MOST_TERMS]),
            *(self._quoted(words) for words in map(self._words.analyze, QUOTED.findall(text))),
        ]
        return Query.boolean_query([(Occur.Should, clause) for clause in clauses]) if clauses else None

    def _anywhere(self, term: str) -> Query:
        return Query.boolean_query(
            [
                (Occur.Should, self._term("body", term)),
                (Occur.Should, Query.boost_query(self._term("heading", term), HEADING_BOOST)),
                (Occur.Should, Query.boost_query(self._term("title", term), TITLE_BOOST)),
            ]
        )

    def _near(self, pair: tuple[str, str]) -> Query:
        if pair[0] == pair[1]:
            return Query.empty_query()
        phrase = Query.phrase_query(self._schema, "body", list(pair), PAIR_DISTANCE)
        return Query.boost_query(phrase, PAIR_BOOST)

    def _as_written(self, code: str) -> Query:
        return Query.boost_query(self._term("codes", code), IDENTIFIER_BOOST)

    def _quoted(self, words: list[str]) -> Query:
        if len(words) < 2:
            return Query.empty_query()
        return Query.boost_query(Query.phrase_query(self._schema, "body", list(words)), QUOTED_BOOST)

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


def _asked_about(text: str) -> str:
    """The question without its question words; the whole of it when there is nothing else."""
    words = re.findall(r"\w+", text)
    return " ".join(word for word in words if word.lower() not in QUESTION_WORDS) or text


def identifiers(text: str) -> list[str]:
    """Codes, numbers and joined words that must match as they are written, lower-cased, without spaces."""
    found = (re.sub(r"\s+", "", match).lower().strip(".:-_/") for match in IDENTIFIER.findall(text))
    return list(dict.fromkeys(code for code in found if code and len(code) <= LONGEST_TERM))


def _document(entry: Entry) -> Document:
    return Document(
        chunk=[entry.chunk_id],
        version=[entry.version_id],
        document=[entry.document_id],
        scope=[entry.scope],
        title=[entry.title],
        heading=[entry.heading],
        # One field to count words in: a heading's words then weigh like the text's, not on top of it.
        body=["\n".join([entry.heading, entry.body])],
        codes=list(identifiers("\n".join([entry.title, entry.heading, entry.body]))),
    )


def _schema() -> Schema:
    builder = SchemaBuilder()
    builder.add_text_field("chunk", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("version", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("document", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("scope", indexed=True)
    builder.add_integer_field("position", stored=True)
    for field in ("title", "heading", "body"):
        builder.add_text_field(field, tokenizer_name="words", index_option="position")
    builder.add_text_field("codes", tokenizer_name="raw", index_option="freq")
    return builder.build()


def _words_analyzer() -> TextAnalyzer:
    builder = TextAnalyzerBuilder(Tokenizer.simple())
    for step in (
        Filter.remove_long(LONGEST_TERM),
        Filter.lowercase(),
        Filter.ascii_fold(),
        Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()
