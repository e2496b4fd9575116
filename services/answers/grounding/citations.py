"""Where an answer's sentences stand: numbered places in stored texts."""

from dataclasses import dataclass

from services.passages import Passage


@dataclass(frozen=True, slots=True)
class CitedSource:
    """One numbered place in a version's stored text; the same place keeps its number within an answer."""

    number: int
    passage: Passage
    quote: str
    start: int
    end: int
    page: int | None


class Citations:
    """The numbered places of one answer."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, int, int], CitedSource] = {}

    def number(self, passage: Passage, start: int, end: int) -> CitedSource:
        """The citation of this piece of the passage's text."""
        key = (passage.chunk_id, start, end)
        if key not in self._places:
            self._places[key] = CitedSource(
                len(self._places) + 1,
                passage,
                passage.text[start:end],
                passage.start + start,
                passage.start + end,
                passage.page_at(start),
            )
        return self._places[key]

    def all(self) -> tuple[CitedSource, ...]:
        return tuple(self._places.values())
