"""A sync: everything a source holds is compared with what was taken of it, and the library follows.

Each item is delivered in its own transaction under the run's fence, with the marker it had, so that a sync
that was broken off goes on where it was. Nothing is removed unless the source was listed to its end.
"""

import logging
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress

from ingestion import connectors, sync_records
from ingestion.connectors import Entry, Incomplete, Skipped, SkipThis, Source, Surroundings, secrets
from ingestion.progress import Progress
from ingestion.sync_records import Known, Note, Plan
from ingestion.sync_shelving import LONGEST_NAME, Shelving
from services import deliveries, errors, runs, syncs
from services.adapters.job_queue import REPAIR_TASK
from services.database.tables.sources import ADDED, CHANGED, REMOVED, SKIPPED
from services.media_types import HEAD_BYTES, detect_media_type
from services.outbound import Outbound
from services.resources import Resources
from services.runs import Claim

log = logging.getLogger(__name__)
FEW = 10
"""So many removals are never too many."""
NEVER_QUARANTINED = 1 << 30
LINES_TOGETHER = 100
SCRATCH = "sources"


def sync(run_id: str, worker: str, resources: Resources) -> None:
    """Do the run, if it is to be had. A source's fault ends it; a fault of our own parts hands it back."""
    limits = resources.settings.ingestion
    with resources.transactions.write() as session:
        claim = runs.claim(session, run_id, worker=worker, lease_s=limits.lease_s)
    if claim is None:
        log.info("run is not to be had", extra={"run": run_id})
        return
    try:
        _attempt(claim, resources)
    except errors.LeaseLost:
        log.warning("run was taken over or cancelled", extra={"run": run_id})


def _attempt(claim: Claim, resources: Resources) -> None:
    try:
        with Progress(claim, resources) as progress:
            _sync(claim, progress, resources)
    except errors.LeaseLost:
        raise
    except errors.OutsideUnavailable as error:
        _fail(claim, error, resources)
    except errors.Unavailable as error:
        with resources.transactions.write() as session:
            runs.hand_back(session, claim, error)
    except errors.HoldfastError as error:
        _fail(claim, error, resources)


def _fail(claim: Claim, error: errors.HoldfastError, resources: Resources) -> None:
    with resources.transactions.write() as session:
        runs.fail(session, claim, error, max_failures=NEVER_QUARANTINED)


def _sync(claim: Claim, progress: Progress, resources: Resources) -> None:
    if claim.attempts > resources.settings.ingestion.max_attempts:
        raise errors.Conflict(f"Syncing this source ended its worker {claim.attempts - 1} times")
    with resources.transactions.write() as session:
        runs.require_held(session, claim)
        plan = sync_records.begin(session, claim)
    with resources.transactions.read() as session:
        known = sync_records.known_items(session, plan.source_id)
    _sweep(resources)
    with _opened(plan, known, resources) as source:
        Syncing(claim, plan, known, source, resources).go(progress)


def _sweep(resources: Resources) -> None:
    """What this worker kept for sources that are no more."""
    with resources.transactions.read() as session:
        living = sync_records.source_ids(session)
    folder = resources.settings.data_dir / SCRATCH
    for place in folder.iterdir() if folder.is_dir() else ():
        if place.name not in living:
            shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _opened(plan: Plan, known: dict[str, Known], resources: Resources) -> Iterator[Source]:
    """The source; whatever a connector of the company's own raises becomes one typed error."""
    settings = resources.settings
    surroundings = Surroundings(
        outbound=Outbound(settings.outbound),
        scratch=settings.data_dir / SCRATCH / plan.source_id,
        secrets=secrets.resolve_all(plan.secrets, settings.sources.secrets),
        known={item.key: item.marker for item in known.values() if item.has_document},
        folders=settings.sources.folders,
        max_bytes=settings.files.max_upload_bytes,
    )
    try:
        source = connectors.open_source(plan.kind, plan.options, surroundings)
        try:
            yield source
        finally:
            source.close()
    except errors.HoldfastError:
        raise
    except Exception as error:  # anything at all may come out of a connector that is not ours
        log.exception("a connector broke off", extra={"source": plan.source_id, "kind": plan.kind})
        raise errors.OutsideUnavailable(f"The connector broke off: {type(error).__name__}") from error


class Syncing:
    """One sync on its way through what the source holds."""

    def __init__(
        self, claim: Claim, plan: Plan, known: dict[str, Known], source: Source, resources: Resources
    ) -> None:
        self._claim, self._plan, self._known = claim, plan, known
        self._source, self._resources = source, resources
        self._shelving = Shelving(claim, plan, resources)
        self._limit = min(plan.limit or 1 << 60, resources.settings.sources.max_items)
        self._seen: set[str] = set()
        self._unchanged = 0
        self._is_complete = True
        self._lines: list[Note] = []
        self._scopes: dict[tuple[str, ...] | None, int | None] = {}

    def go(self, progress: Progress) -> None:
        progress.enter("compare", len(self._known))
        for looked_at, found in enumerate(self._source.entries()):
            if looked_at >= self._limit:
                self._note_incomplete(f"Only {self._limit} items were looked at")
                break
            self._meet(found)
            progress.reach(looked_at + 1)
        self._write_lines()
        if self._is_complete:
            self._remove_missing(progress)
        self._finish()

    def _meet(self, found: Entry | Skipped | Incomplete) -> None:
        if isinstance(found, Incomplete):
            self._note_incomplete(found.detail)
            return
        digest = sync_records.key_digest(found.key)
        known = self._known.get(digest)
        self._seen.add(digest)
        if isinstance(found, Skipped):
            self._skip(found, known)
        elif known is not None and known.is_removed_here:
            detail = "Somebody removed this document here; it is not taken again"
            self._write(Note(found.key, SKIPPED, "removed_here", detail))
        elif known is not None and found.marker and known.marker == found.marker:
            self._meet_again(found, known)
        elif (refusal := self._refusal(found)) is not None:
            self._skip(refusal, known, found)
        else:
            self._take(found, known)

    def _meet_again(self, entry: Entry, known: Known) -> None:
        if known.reason:
            self._write(Note(entry.key, SKIPPED, known.reason, known.detail, entry.size))
        elif known.run_id != self._plan.run_id:
            self._unchanged += 1
        if known.has_document and not self._plan.is_dry and self._has_other_readers(entry.key, known):
            self._shelving.follow_readers(entry.key)

    def _has_other_readers(self, key: str, known: Known) -> bool:
        """By the rules this run began with; narrowing itself looks at them again."""
        groups = syncs.readers_of(self._plan.readers, key)
        place = None if groups is None else tuple(sorted(groups))
        if place not in self._scopes:
            with self._resources.transactions.read() as session:
                self._scopes[place] = deliveries.known_scope(session, self._plan.collection_id, groups)
        return self._scopes[place] != known.scope_id

    def _refusal(self, entry: Entry) -> Skipped | None:
        limit = self._resources.settings.files.max_upload_bytes
        if entry.size is not None and entry.size > limit:
            return Skipped(entry.key, "too_large", f"Larger than the {limit // 1024 // 1024} MiB allowed")
        name = self._shelving.name_of(entry)
        if len(name) > LONGEST_NAME or not name.isprintable():
            return Skipped(entry.key, "name", "The name is too long or cannot be shown")
        return None

    def _take(self, entry: Entry, known: Known | None) -> None:
        try:
            if self._plan.is_dry:
                self._foresee(entry, known)
            elif not self._shelving.receive(entry, self._source.read(entry)):
                self._unchanged += 1
        except SkipThis as skip:
            self._skip(Skipped(entry.key, skip.reason, skip.detail, keeps=skip.keeps), known, entry)
        except errors.TooLarge as error:
            self._skip(Skipped(entry.key, "too_large", error.detail), known, entry)
        except errors.UnsupportedMedia as error:
            self._skip(Skipped(entry.key, "unsupported", error.detail), known, entry)

    def _foresee(self, entry: Entry, known: Known | None) -> None:
        """What taking it would come to: only the beginning is read, to tell the kind of file."""
        head = b""
        blocks = self._source.read(entry)
        for block in blocks:
            head += block[: HEAD_BYTES - len(head)]
            if len(head) >= HEAD_BYTES:
                break
        if isinstance(blocks, Generator):
            blocks.close()  # lets the file or connection go
        detect_media_type(self._shelving.name_of(entry), head)
        action = CHANGED if known is not None and known.has_document else ADDED
        self._write(Note(entry.key, action, bytes=entry.size))

    def _skip(self, skipped: Skipped, known: Known | None, entry: Entry | None = None) -> None:
        size = entry.size if entry else None
        if self._plan.is_dry:
            goes = known is not None and known.has_document and not skipped.keeps
            action = REMOVED if goes else SKIPPED
            self._write(Note(skipped.key, action, skipped.reason, skipped.detail, size))
        else:
            marker = entry.marker if entry and not skipped.keeps else ""
            self._shelving.refuse(skipped, known, size, marker)

    def _remove_missing(self, progress: Progress) -> None:
        gone = [item for digest, item in self._known.items() if digest not in self._seen]
        self._refuse_too_many(gone)
        progress.enter("remove", len(gone))
        for done, item in enumerate(gone, start=1):
            if not self._plan.is_dry:
                self._shelving.let_go(item)
            elif item.has_document:
                self._write(Note(item.key, REMOVED, "gone", document_id=item.document_id))
            progress.reach(done)

    def _refuse_too_many(self, gone: list[Known]) -> None:
        """A share that is not mounted looks like one that was emptied: a person says which it is."""
        had = sum(item.has_document for item in self._known.values())
        would_go = sum(item.has_document for item in gone)
        share = self._resources.settings.sources.removal_share
        if self._plan.is_dry or self._plan.allow_removals or would_go <= max(FEW, had * share):
            return
        raise errors.TooManyRemovals(
            f"{would_go} of {had} documents are no longer there; if that is meant, sync with allow_removals"
        )

    def _note_incomplete(self, detail: str) -> None:
        self._is_complete = False
        self._write(Note("", SKIPPED, "incomplete", f"{detail}; nothing is removed"))

    def _write(self, line: Note) -> None:
        """Lines that change nothing go together: a dry run has one for each item."""
        self._lines.append(line)
        if len(self._lines) >= LINES_TOGETHER:
            self._write_lines()

    def _write_lines(self) -> None:
        lines, self._lines = self._lines, []
        self._shelving.write(lines)

    def _finish(self) -> None:
        self._write_lines()
        with self._resources.transactions.write() as session:
            runs.require_held(session, self._claim)
            sync_records.end(session, self._claim, self._plan, self._unchanged)
            if self._shelving.has_rescoped:
                runs.request(session, runs.REPAIR, "index", requested_by=None, nudge=self._nudge_repair)
            runs.finish(session, self._claim)

    def _nudge_repair(self, run_id: str) -> None:
        with suppress(errors.QueueUnavailable):
            self._resources.queue.send(REPAIR_TASK, run_id)
