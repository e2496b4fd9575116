"""Whether the trail is as it was sealed: altered, removed and inserted entries, and seals made anew.

What it does not prove: entries that no batch holds yet, and the newest batches where all after some number
were taken away (compare the head with one that was written down elsewhere). Nor does it prove that
what happened was recorded: whoever changes the program writes what they like.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.audit import chain, retention
from services.database.tables.audit import AuditEntry, AuditSeal
from services.settings import Audit

LATE = timedelta(hours=1)
"""No transaction is open for so long: an entry this much older than those sealed before it was put in."""
Batch = tuple[AuditSeal, Sequence[AuditEntry]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was sealed."""

    batch: int | None
    what: str


@dataclass(slots=True)
class Verdict:
    """What was looked at, and what was found; `head` is the newest seal, as `NUMBER:DIGEST`."""

    batches: int = 0
    entries: int = 0
    expired: int = 0
    unsealed: int = 0
    head: str = f"0:{chain.BEFORE_ALL}"
    findings: list[Finding] = field(default_factory=list)


def verify(session: Session, secret: str, settings: Audit, head: str = "") -> Verdict:
    """Look at the whole trail; `head` is what an earlier look ended with."""
    verdict = verify_batches(stored_batches(session), secret, settings, head)
    numbers = select(AuditSeal.number)
    strays = select(func.count()).where(AuditEntry.batch.is_not(None), AuditEntry.batch.not_in(numbers))
    count = session.scalar(strays.select_from(AuditEntry)) or 0
    if count:
        verdict.findings.append(Finding(None, f"{count} entries belong to a batch that has no seal"))
    unsealed = select(func.count()).select_from(AuditEntry).where(AuditEntry.batch.is_(None))
    verdict.unsealed = session.scalar(unsealed) or 0
    return verdict


def stored_batches(session: Session) -> Iterator[Batch]:
    """Every seal with its entries, in order."""
    for seal in session.scalars(select(AuditSeal).order_by(AuditSeal.number)).all():
        of_batch = select(AuditEntry).where(AuditEntry.batch == seal.number).order_by(AuditEntry.id)
        yield seal, session.scalars(of_batch).all()


def verify_batches(batches: Iterable[Batch], secret: str, settings: Audit, head: str = "") -> Verdict:
    """The same of batches from anywhere; without a secret the marks are not looked at."""
    verdict = Verdict()
    heads = {verdict.head}
    last: AuditSeal | None = None
    newest = datetime.min.replace(tzinfo=UTC)
    for seal, entries in batches:
        found = [
            *_of_seal(seal, last, secret),
            *_of_entries(seal, entries, settings),
            *_out_of_time(entries, newest),
        ]
        newest = max([newest, *(entry.at for entry in entries)])
        verdict.findings += [Finding(seal.number, what) for what in found]
        verdict.batches += 1
        verdict.entries += len(entries)
        verdict.expired += sum(entry.expired_at is not None for entry in entries)
        verdict.head = f"{seal.number}:{seal.digest}"
        heads.add(verdict.head)
        last = seal
    if head and head not in heads:
        verdict.findings.append(Finding(None, "the head written down before is not in the chain"))
    return verdict


def _of_seal(seal: AuditSeal, last: AuditSeal | None, secret: str) -> Iterator[str]:
    if seal.number != (last.number + 1 if last else 1):
        yield "a seal before this one was removed"
    if seal.digest != chain.seal_digest(seal, last.digest if last else chain.BEFORE_ALL):
        yield "the seal was altered, or one before it"
    if secret and seal.mark != chain.mark(secret, seal.digest):
        yield "the seal was not made with this installation's secret key"


def _of_entries(seal: AuditSeal, entries: Sequence[AuditEntry], settings: Audit) -> Iterator[str]:
    if len(entries) < seal.entries:
        yield f"{seal.entries - len(entries)} entries were removed"
    if len(entries) > seal.entries:
        yield f"{len(entries) - seal.entries} entries were inserted"
    altered = [entry.id for entry in entries if _is_altered(entry)]
    yield from (f"entry {entry_id} was altered" for entry_id in altered)
    if len(entries) == seal.entries and not altered and chain.root(entries) != seal.root:
        yield "entries were altered, or exchanged"
    for entry in entries:
        if entry.expired_at is not None and not _is_over(entry, settings):
            yield f"entry {entry.id} was emptied, though its kind is kept longer by the present settings"


def _is_altered(entry: AuditEntry) -> bool:
    return entry.expired_at is None and entry.content_digest != chain.content_digest(entry)


def _is_over(entry: AuditEntry, settings: Audit) -> bool:
    days = retention.kept_days(entry.action, settings)
    return bool(days and entry.expired_at and entry.expired_at - entry.at >= timedelta(days=days))


def _out_of_time(entries: Sequence[AuditEntry], newest: datetime) -> Iterator[str]:
    """An entry made up with an earlier time is sealed with those of the day it was made."""
    for entry in entries:
        if newest - entry.at > LATE:
            yield f"entry {entry.id} is dated long before those sealed before it: it was inserted later"
