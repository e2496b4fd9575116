"""SQL, Chroma (every id) and the search are compared with the journal."""

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import select

from services.database.tables.library import VISIBLE, ChunkRow, Document, Version
from tests.chaos.journal import Held, Journal
from tests.stack import Stack


@dataclass
class Verdict:
    """What is wrong, one line each; all empty where nothing is."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    def add(self, other: "Verdict") -> None:
        self.lost += other.lost
        self.duplicated += other.duplicated
        self.stale += other.stale


def compare(stack: Stack, journal: Journal, names: set[str]) -> Verdict:
    """Hold the system to the journal: the index as a whole, and these documents one by one."""
    verdict = Verdict()
    _compare_index(stack, verdict)
    for name in sorted(names):
        _compare_document(stack, journal.held[name], verdict)
    return verdict


def _compare_index(stack: Stack, verdict: Verdict) -> None:
    wanted, found = Counter(stack.visible_chunks()), Counter(stack.index.all_ids())
    verdict.duplicated += [f"chunk {chunk_id} is there {n} times" for chunk_id, n in found.items() if n > 1]
    verdict.lost += [f"chunk {chunk_id} is not in the index" for chunk_id in wanted.keys() - found.keys()]
    verdict.stale += [f"chunk {chunk_id} is still in the index" for chunk_id in found.keys() - wanted.keys()]


def _compare_document(stack: Stack, held: Held, verdict: Verdict) -> None:
    texts = _visible_texts(stack, held.name)
    if len(texts) > 1:
        verdict.duplicated.append(f"{held.name} has {len(texts)} visible versions")
    shown = {marker for marker in held.markers | held.former if any(marker in text for text in texts)}
    if not shown & held.markers and held.markers and not held.may_be_gone:
        verdict.lost.append(f"{held.name} does not show {held.markers}")
    if shown - held.markers:
        verdict.stale.append(f"{held.name} still shows {shown - held.markers}")
    _compare_search(stack, held, shown, verdict)


def _compare_search(stack: Stack, held: Held, shown: set[str], verdict: Verdict) -> None:
    for marker in held.markers | held.former:
        found = stack.search(f"Which code is {marker}?")
        hits = [hit for hit in found if marker in hit["text"]]
        if marker in shown and not hits:
            verdict.lost.append(f"{held.name}: {marker} is not found by search")
        if marker not in shown and hits:
            verdict.stale.append(f"{held.name}: {marker} is still found by search")
        if len(hits) > 1:
            verdict.duplicated.append(f"{held.name}: {marker} is found {len(hits)} times")


def _visible_texts(stack: Stack, name: str) -> list[str]:
    """The text of every visible version of documents of this name."""
    with stack.transactions.read() as session:
        rows = session.execute(
            select(Version.id, ChunkRow.text)
            .join(Version, Version.id == ChunkRow.version_id)
            .join(Document, Document.id == Version.document_id)
            .where(Document.name == name, Version.state == VISIBLE, Document.deleted_at.is_(None))
        ).all()
    texts: dict[str, str] = {}
    for version_id, text in rows:
        texts[version_id] = f"{texts.get(version_id, '')}\n{text}"
    return list(texts.values())
