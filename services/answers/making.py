"""What an answer was made with, as far as it takes to make it again and to say what has changed since.

Digests and places only: the passages' text stays where it is read with the reader's permission.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Self

from services import release
from services.answers.prompt import Prompt
from services.passages import Passage
from services.release import Lock


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stood: in this version's stored text, named by the chunk that was found."""

    chunk_id: str
    version_id: str
    start: int
    end: int
    page: int | None


@dataclass(frozen=True, slots=True)
class MadeWith:
    """`passages` are those that were found, `prompt` those that fitted, the last one perhaps cut.

    `said`, `words` and `characters` describe what the model said before anything was checked.
    """

    parts: Mapping[str, str]
    templates: str
    passages: tuple[Place, ...]
    prompt: tuple[Place, ...]
    said: str
    words: str
    characters: int

    def as_row(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self | None:
        """None for an answer that was given before this was kept, or without asking the model."""
        if not row:
            return None
        places = {name: tuple(Place(**place) for place in row[name]) for name in ("passages", "prompt")}
        return cls(**(dict(row) | places))


def of(prompt: Prompt, passages: Sequence[Passage], said: Sequence[str], lock: Lock) -> MadeWith:
    """What there is to keep of an answer for which the model was asked."""
    text = "".join(said)
    return MadeWith(
        parts=release.part_digests(lock),
        templates=prompt.template_digest,
        passages=tuple(place(passage) for passage in passages),
        prompt=tuple(place(passage) for passage in prompt.passages),
        said=digest(text),
        words=digest_of_words(text),
        characters=len(text),
    )


def place(passage: Passage) -> Place:
    return Place(passage.chunk_id, passage.version_id, passage.start, passage.end, passage.first_page)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def digest_of_words(text: str) -> str:
    """The same for texts that differ in spacing, marks and capitals only."""
    return digest(" ".join(words(text)))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
