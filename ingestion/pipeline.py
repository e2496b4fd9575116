"""How versions become findable: read, parse, chunk, embed, index, publish.

A worker does one document at a time, or a few small ones together: they share a parser's start and fill the
embedder's batches. Together or not, each document is claimed, fails, is cancelled and is published alone.
Each step is safe to do again: ids are digests of content, files are named by their digests, and only the
worker that holds the run's fence can publish.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, groupby
from typing import Protocol, TypeVar

import numpy as np

from ingestion import attachments, chunking, parsing, publishing, reuse
from ingestion.arrays import Vectors, array_bytes
from ingestion.attachments import Found
from ingestion.blocks import ParsedDocument
from ingestion.chunking import StoredText
from ingestion.parsing import ParseLimits, Recogniser
from ingestion.progress import Together
from ingestion.publishing import Reading, Work
from ingestion.reuse import Known
from services import errors, passages, runs
from services.passages import Chunk
from services.resources import Resources
from services.runs import Claim

log = logging.getLogger(__name__)
QUICK_READ_S = 10
QUICK_READ_BYTES = 2 * 1024 * 1024
"""Bounds of reading one file among others; what goes beyond them is read alone afterwards, with its own."""
EMBEDDED_TOGETHER_TOKENS = 40_000
"""A few seconds of the embedder's time: a person's single upload waits for no more than that."""


class Claimed(Protocol):
    """A document on its way, whatever is known of it so far."""

    @property
    def claim(self) -> Claim: ...


Item = TypeVar("Item", bound=Claimed)
Next = TypeVar("Next")


@dataclass(frozen=True, slots=True)
class Pieces:
    """A document that was read and cut into chunks; its text is stored."""

    work: Work
    parsed: ParsedDocument
    stored: StoredText
    chunks: Sequence[Chunk]
    text_digest: str
    attached: Sequence[Found]

    @property
    def claim(self) -> Claim:
        return self.work.claim


@dataclass(frozen=True, slots=True)
class Embedded:
    """A document with a vector for each chunk, known to the index by these ids."""

    pieces: Pieces
    vectors: Vectors
    ids: Sequence[str]

    @property
    def claim(self) -> Claim:
        return self.pieces.claim

    @property
    def work(self) -> Work:
        return self.pieces.work


def ingest_next(worker: str, resources: Resources) -> None:
    """Do the run whose turn it is, and small ones with it: a nudge only says that there is work."""
    limits = resources.settings.ingestion
    with resources.transactions.write() as session:
        claims = runs.claim_next(session, runs.INGEST, worker=worker, lease_s=limits.lease_s)
        room = limits.together_bytes - sum(publishing.file_bytes(session, claim) for claim in claims)
        # What ended a worker before is done alone, so that it cannot end others' runs with its own.
        if room > 0 and [claim.attempts for claim in claims] == [1]:
            more, lease_s = limits.together - 1, limits.lease_s
            claims += runs.claim_more(
                session, runs.INGEST, worker=worker, lease_s=lease_s, limit=more, most_bytes=room
            )
    if claims:
        Turn(claims, resources).do()


def ingest(run_id: str, worker: str, resources: Resources) -> None:
    """Do this run, if it is to be had."""
    limits = resources.settings.ingestion
    with resources.transactions.write() as session:
        claim = runs.claim(session, run_id, worker=worker, lease_s=limits.lease_s)
    if claim is None:
        log.info("run is not to be had", extra={"run": run_id})
        return
    Turn([claim], resources).do()


class Turn:
    """What a worker does at a time. A document's fault ends its run; a part's fault hands all back."""

    def __init__(self, claims: Sequence[Claim], resources: Resources) -> None:
        self._claims = claims
        self._resources = resources
        self._progress = Together(claims, resources)

    def do(self) -> None:
        with self._progress:
            try:
                self._ingest()
            except errors.Unavailable as error:
                for claim in self._progress.open:
                    with self._its_own_fault(claim):
                        publishing.hand_back(claim, error, self._resources)

    def _ingest(self) -> None:
        works = []
        for claim in self._claims:
            with self._its_own_fault(claim):
                works.append(self._start(claim))
        works = self._take_over(works)
        pieces, alone = self._read_together(works) if len(works) > 1 else ([], works)
        for group in _groups(pieces):
            self._make_findable(group)
        for work in alone:
            self._make_findable(self._each([work], self._read_alone))

    def _start(self, claim: Claim) -> Work:
        work = publishing.start(claim, self._resources)
        if not self._resources.files.path(work.file_digest).exists():
            raise errors.DocumentUnreadable("The stored file is gone; upload it again")
        return work

    def _take_over(self, works: Sequence[Work]) -> list[Work]:
        """Publish what holds bytes that were read before; returns the others."""
        found = [(work, reuse.known(work, self._resources)) for work in works]
        embedded = [self._as_embedded(work, known) for work, known in found if known is not None]
        self._publish_all(self._each(embedded, self._store))
        return [work for work, known in found if known is None]

    def _as_embedded(self, work: Work, known: Known) -> Embedded:
        pieces = Pieces(work, known.parsed, known.stored, known.chunks, known.text_digest, ())
        return Embedded(pieces, known.vectors, _ids(pieces))

    def _read_together(self, works: Sequence[Work]) -> tuple[list[Pieces], list[Work]]:
        """What could be read, and what is to be read alone: it takes long, or ended the parser of all."""
        self._progress.enter("parse", {work.claim.run_id: 1 for work in works})
        files = [(self._resources.files.path(work.file_digest), work.media_type) for work in works]
        found = parsing.parse_many(files, _quick(self._limits()))
        read: list[Pieces] = []
        alone: list[Work] = []
        for work, verdict in zip(works, found, strict=True):
            if isinstance(verdict, errors.DocumentOverLimit) or self._is_for_recogniser(verdict):
                alone.append(work)
            else:
                read += self._each([work], partial(self._cut, verdict))
        return read, alone

    def _read_alone(self, work: Work) -> Pieces:
        self._progress.enter("parse", {work.claim.run_id: 1})
        original = self._resources.files.path(work.file_digest)
        parsed = parsing.parse_file(original, work.media_type, self._limits(), self._recogniser())
        return self._cut(parsed, work)

    def _recogniser(self) -> Recogniser | None:
        settings = self._resources.settings.ingestion
        return parsing.find_recogniser(settings.ocr_program, settings.ocr_languages)

    def _is_for_recogniser(self, verdict: ParsedDocument | errors.DocumentUnreadable) -> bool:
        return parsing.is_for_recogniser(verdict) and self._recogniser() is not None

    def _limits(self) -> ParseLimits:
        return parsing.limits_of(self._resources.settings.ingestion)

    def _cut(self, verdict: ParsedDocument | errors.DocumentUnreadable, work: Work) -> Pieces:
        if isinstance(verdict, errors.DocumentUnreadable):
            raise verdict
        taken = attachments.take_out(work.version_id, verdict.attachments, self._limits(), self._resources)
        parsed = replace(verdict, warnings=(*verdict.warnings, *taken.warnings))
        self._progress.enter("chunk", {work.claim.run_id: 1})
        embedder = self._resources.embedder
        stored, chunks = chunking.chunk_document(parsed, embedder.count_tokens, embedder.max_tokens)
        text_digest = self._resources.files.save_bytes(stored.text.encode())
        return Pieces(work, parsed, stored, chunks, text_digest, taken.found)

    def _make_findable(self, group: Sequence[Pieces]) -> None:
        """Embed, index, publish; each step for all of them before the next one."""
        if not group:
            return
        self._publish_all(self._each(self._embed(group), self._store))

    def _publish_all(self, embedded: Sequence[Embedded]) -> None:
        if not embedded:
            return
        self._progress.enter("index", {each.claim.run_id: len(each.ids) for each in embedded})
        self._index(embedded)
        self._each(embedded, self._publish)

    def _embed(self, group: Sequence[Pieces]) -> list[Embedded]:
        """One normalised row per chunk, in chunk order; all documents' chunks fill the same batches."""
        self._progress.enter("embed", {pieces.claim.run_id: len(pieces.chunks) for pieces in group})
        owners = [pieces.claim.run_id for pieces in group for _ in pieces.chunks]
        done: Counter[str] = Counter()

        def reach(rows: Sequence[int]) -> None:
            done.update(owners[row] for row in rows)
            for run_id in {owners[row] for row in rows}:
                self._progress.reach(run_id, done[run_id])
            self._progress.require_any()

        texts = [chunk.embedded_text for pieces in group for chunk in pieces.chunks]
        vectors = self._resources.embedder.embed(texts, on_done=reach)
        ends = accumulate(len(pieces.chunks) for pieces in group)
        return [
            Embedded(pieces, vectors[end - len(pieces.chunks) : end], _ids(pieces))
            for pieces, end in zip(group, ends, strict=True)
        ]

    def _store(self, each: Embedded) -> Embedded:
        pieces = each.pieces
        vectors_digest = self._resources.files.save_bytes(array_bytes(each.vectors))
        reading = Reading(pieces.parsed, pieces.stored, pieces.chunks, pieces.text_digest, vectors_digest)
        publishing.store_chunks(each.claim, reading, self._resources)
        return each

    def _index(self, embedded: Sequence[Embedded]) -> None:
        """Write the vectors and see every id there; errors.IndexUnavailable when one is missing."""
        index = self._resources.chunk_index
        for scope, alike in groupby(sorted(embedded, key=_scope), key=_scope):
            members = list(alike)
            ids = [chunk_id for each in members for chunk_id in each.ids]
            index.upsert(ids, np.concatenate([each.vectors for each in members]), scope)
            if index.existing(ids) != set(ids):
                raise errors.IndexUnavailable("The chunk index did not keep everything it was given")

    def _publish(self, each: Embedded) -> None:
        publishing.publish(each.claim, each.work, self._resources, each.pieces.attached)
        self._progress.end(each.claim.run_id)

    def _each(self, items: Iterable[Item], step: Callable[[Item], Next]) -> list[Next]:
        """What the step made of those that it could be done for."""
        done = []
        for item in items:
            with self._its_own_fault(item.claim):
                self._progress.require(item.claim.run_id)
                done.append(step(item))
        return done

    @contextmanager
    def _its_own_fault(self, claim: Claim) -> Iterator[None]:
        """A document that cannot be read, or was lost to us, ends here; the others go on."""
        try:
            try:
                yield
            except errors.DocumentUnreadable as error:
                publishing.fail(claim, error, self._resources)
                self._progress.end(claim.run_id)
        except errors.LeaseLost:
            self._progress.end(claim.run_id)
            log.warning("run was taken over, paused or cancelled", extra={"run": claim.run_id})


def _quick(limits: ParseLimits) -> ParseLimits:
    return replace(
        limits,
        wall_s=min(QUICK_READ_S, limits.wall_s),
        cpu_s=min(QUICK_READ_S, limits.cpu_s),
        output_bytes=min(QUICK_READ_BYTES, limits.output_bytes),
    )


def _groups(read: Iterable[Pieces]) -> list[list[Pieces]]:
    """Documents in the order given, as many together as take a few seconds; a long one is last, and alone."""
    groups: list[list[Pieces]] = [[]]
    room = EMBEDDED_TOGETHER_TOKENS
    for pieces in read:
        tokens = sum(chunk.tokens for chunk in pieces.chunks)
        if tokens > room and groups[-1]:
            groups.append([])
            room = EMBEDDED_TOGETHER_TOKENS
        groups[-1].append(pieces)
        room -= tokens
    return [group for group in groups if group]


def _ids(pieces: Pieces) -> list[str]:
    version_id = pieces.work.version_id
    return [passages.chunk_id(version_id, chunk.ordinal, chunk.text) for chunk in pieces.chunks]


def _scope(each: Embedded) -> int:
    return each.work.scope
