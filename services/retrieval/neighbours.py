"""Passages grown to whole sections, and the text that stands around one; offsets stay exact."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from services import errors
from services.adapters.file_store import FileStore
from services.database.tables.library import ChunkRow, Version
from services.identity.callers import Caller
from services.passages import Passage
from services.resources import Resources
from services.retrieval import hydration, queries

RADIUS = 4
CONTEXT_CHARACTERS = 800


@dataclass(frozen=True, slots=True)
class PassageInContext:
    """A passage and the stored text right before and after it."""

    passage: Passage
    before: str
    after: str


def passage_in_context(caller: Caller, chunk_id: str, resources: Resources) -> PassageInContext:
    """The passage with what stands around it; errors.NotFound unless the caller may read it now."""
    if not chunk_id.isalnum():  # an id is a digest; PostgreSQL would stumble over a NUL
        raise errors.NotFound("There is no such passage")
    with resources.transactions.read() as session:
        found = queries.readable_chunks(session, caller, [chunk_id]).get(chunk_id)
    if found is None:
        raise errors.NotFound("There is no such passage")
    passage = hydration.passage(found, score=0.0)
    text = _stored_text(resources.files, found[1])
    before = text[max(0, passage.start - CONTEXT_CHARACTERS) : passage.start]
    return PassageInContext(passage, before, text[passage.end : passage.end + CONTEXT_CHARACTERS])


def join_neighbours(
    caller: Caller,
    passages: Sequence[Passage],
    resources: Resources,
    *,
    max_tokens: int,
    count_tokens: Callable[[str], int],
) -> list[Passage]:
    """The passages in their order, each grown within its section as far as the token budget allows.

    First every passage gets its place, best first; what is left of the budget lets them grow. One that
    another has grown over is dropped; so is one the caller may not read any more.
    """
    ids = [passage.chunk_id for passage in passages]
    with resources.transactions.read() as session:
        around = queries.neighbours(session, caller, ids, RADIUS)
        found = queries.readable_chunks(session, caller, ids)
    budget = _Budget(max_tokens, count_tokens)
    sections = [
        _Section(passage, around[passage.chunk_id], passage.chunk_id)
        for passage in passages
        if passage.chunk_id in found and passage.chunk_id in around and budget.takes(passage.text)
    ]
    grown: list[_Section] = []
    for section in sections:
        if not any(section.is_within(other) for other in grown):
            section.grow(budget)
            grown.append(section)
    return [section.passage_of(found[section.found_id][1], resources.files) for section in grown]


class _Budget:
    def __init__(self, tokens: int, count: Callable[[str], int]) -> None:
        self._left, self._count = tokens, count

    def takes(self, text: str) -> bool:
        """Whether the text still fits; if so, its place is taken."""
        cost = self._count(text)
        if cost > self._left:
            return False
        self._left -= cost
        return True


class _Section:
    """A found chunk and its neighbours under the same headings; `taken` is the part that was grown over."""

    def __init__(self, passage: Passage, around: Sequence[ChunkRow], found_id: str) -> None:
        self._passage, self.found_id = passage, found_id
        middle = next(place for place, row in enumerate(around) if row.id == found_id)
        self._around, self._first, self._last = around, middle, middle

    def grow(self, budget: _Budget) -> None:
        """Take the next chunks of the section, then the ones before, while they fit."""
        while self._belongs(self._last + 1) and budget.takes(self._around[self._last + 1].text):
            self._last += 1
        while self._belongs(self._first - 1) and budget.takes(self._around[self._first - 1].text):
            self._first -= 1

    def is_within(self, other: "_Section") -> bool:
        first, last = other.span()
        return (
            self._passage.version_id == other._passage.version_id
            and first <= self._passage.start
            and self._passage.end <= last
        )

    def span(self) -> tuple[int, int]:
        return self._around[self._first].start, self._around[self._last].end

    def passage_of(self, version: Version, files: FileStore) -> Passage:
        """The grown passage; its text is cut from the stored text, so that its offsets are exact."""
        start, end = self.span()
        if (start, end) == (self._passage.start, self._passage.end):
            return self._passage
        return replace(
            self._passage,
            text=_stored_text(files, version)[start:end],
            start=start,
            end=end,
            first_page=self._around[self._first].first_page,
            last_page=self._around[self._last].last_page,
            page_starts=hydration.page_starts(version.page_spans, start, end),
        )

    def _belongs(self, place: int) -> bool:
        if not 0 <= place < len(self._around):
            return False
        here, there = self._around[self._first], self._around[place]
        return list(here.heading_path) == list(there.heading_path)


def _stored_text(files: FileStore, version: Version) -> str:
    return files.read_text(version.text_digest or "")
