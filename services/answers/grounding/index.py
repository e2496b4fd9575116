"""The passages of one answer, indexed once: their sentences, their words and how much each word weighs."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cached_property

from services.answers.grounding import questions, words
from services.answers.grounding.evidence import Evidence, read_passages
from services.answers.grounding.names import Name
from services.answers.grounding.questions import Question
from services.answers.grounding.sentences import Sentence
from services.passages import Passage

_CONTEXT_SHARE = 0.7
_SPELLED_ALIKE = 0.8
_CODE_WEIGHT = 2.5


class PassageIndex:
    """Everything one answer is checked against."""

    def __init__(self, passages: Sequence[Passage], question: str, *, is_part: bool = False) -> None:
        self._is_part = is_part
        self.passages = tuple(passages)
        self.question: Question = questions.read(question)
        self.evidence = read_passages(passages)
        self._note_aliases()
        self._postings: defaultdict[str, list[int]] = defaultdict(list)
        for item in self.evidence:
            for stem in item.stems:
                self._postings[stem].append(item.position)

    def _note_aliases(self) -> None:
        """ "UK" in the question is found in "United Kingdom"."""
        for name in self.question.facts.names:
            if name.text.isupper() and 2 <= len(name.text) <= 5:
                spelled = re.compile(
                    r"\b" + r"\s(?:of\s|the\s|and\s)*".join(f"{letter}[a-z]+" for letter in name.text)
                )
                for item in self.evidence:
                    if spelled.search(item.shown):
                        item.aliases |= {name.stem}

    def weight(self, stem: str) -> float:
        """How rare a word is among the sentences; one that none has weighs most."""
        return math.log(1 + (len(self.evidence) + 1) / (len(self._postings.get(stem, ())) + 0.5))

    def knows(self, stem: str) -> bool:
        """Some sentence has the word."""
        return stem in self._postings

    def overlaps(self, stems: Iterable[str]) -> dict[int, float]:
        """Weight of the shared words, for every sentence that shares any."""
        scores: dict[int, float] = {}
        for stem in sorted(set(stems)):  # sums in another order differ in the last bit, and turn ties around
            weight = self.weight(stem)
            for position in self._postings.get(stem, ()):
                scores[position] = scores.get(position, 0.0) + weight
        return scores

    @cached_property
    def parts(self) -> tuple["PassageIndex", ...]:
        """The same passages for each of several questions asked in one; empty where it is one."""
        if self._is_part:
            return ()
        asked = questions.parts(self.question)
        return tuple(PassageIndex(self.passages, part, is_part=True) for part in asked)

    @cached_property
    def lower_stems(self) -> frozenset[str]:
        """Stems of the words that passages or question write in lower case."""
        texts = [self.question.text, *(passage.text for passage in self.passages)]
        return frozenset(
            words.stem(word) for text in texts for word, _, _ in words.tokens(text) if word[0].islower()
        )

    @cached_property
    def passage_stems(self) -> list[frozenset[str]]:
        """All words of each passage, with its heading path and its document's name."""
        found: dict[int, set[str]] = {id(passage): set() for passage in self.passages}
        for item in self.evidence:
            found[id(item.passage)] |= item.stems | item.context_stems
        return [frozenset(found[id(passage)]) for passage in self.passages]

    @cached_property
    def folded_texts(self) -> list[str]:
        """Passages in folded case with headings and names, to look identifiers up in."""
        return [
            " ".join([passage.document_name, *passage.heading_path, passage.text]).casefold()
            for passage in self.passages
        ]

    @cached_property
    def document_stems(self) -> dict[str, frozenset[str]]:
        """All words of each document, as far as its passages were found."""
        found: dict[str, frozenset[str]] = {}
        for passage, stems in zip(self.passages, self.passage_stems, strict=True):
            found[passage.document_id] = found.get(passage.document_id, frozenset()) | stems
        return found

    @cached_property
    def unnamed(self) -> dict[str, frozenset[Name]]:
        """For each document the names of the question that it does not have, misspellings forgiven."""
        return {
            document: frozenset(name for name in self.question.names if not _has_name(name.stem, stems))
            for document, stems in self.document_stems.items()
        }

    def document_mentions(self, item: Evidence, identifier: str) -> bool:
        """The identifier stands in a passage of the sentence's document."""
        return any(
            identifier in text
            for passage, text in zip(self.passages, self.folded_texts, strict=True)
            if passage.document_id == item.passage.document_id
        )

    def passage_rank(self, item: Evidence) -> int:
        """Place of the sentence's passage in the order found."""
        return self._ranks[id(item.passage)]

    @cached_property
    def _ranks(self) -> dict[int, int]:
        return {id(passage): rank for rank, passage in enumerate(self.passages)}

    @cached_property
    def question_weights(self) -> dict[str, float]:
        """The question's words; a code in it says most of what it is about."""
        codes = self.question.facts.identifiers
        return {
            stem: self.weight(stem) * (_CODE_WEIGHT if stem in codes else 1)
            for stem in sorted(self.question.stems)
        }

    @cached_property
    def relevances(self) -> list[float]:
        """For every sentence the share of the question's words it has; words from around it count less."""
        weights = self.question_weights
        total = sum(weights.values()) or 1.0
        return [
            sum(
                weight
                * (1.0 if stem in item.stems else _CONTEXT_SHARE if stem in item.context_stems else 0.0)
                for stem, weight in weights.items()
            )
            / total
            for item in self.evidence
        ]

    def relevance_at(self, passage: Passage, stored_start: int) -> float:
        """The relevance of the sentence that begins at this offset of the stored text, 0 where none does."""
        start = stored_start - passage.start
        return max(
            (
                self.relevances[item.position]
                for item in self.evidence
                if item.passage.chunk_id == passage.chunk_id and item.sentence.start == start
            ),
            default=0.0,
        )

    def neighbour(self, item: Evidence, step: int) -> Evidence | None:
        """The sentence before or after, within the same passage."""
        position = item.position + step
        if not 0 <= position < len(self.evidence):
            return None
        found = self.evidence[position]
        return found if found.passage is item.passage else None

    def pair(self, item: Evidence, step: int) -> Evidence | None:
        """A sentence of prose together with its neighbour, as one source."""
        other = self.neighbour(item, step)
        if other is None or {item.sentence.kind, other.sentence.kind} != {"prose"}:
            return None
        start, end = min(item.start, other.start), max(item.end, other.end)
        return Evidence(item.position, item.passage, Sentence(item.passage.text[start:end], start, end))


def _has_name(stem: str, stems: frozenset[str]) -> bool:
    """Known, of the same root ("Sweden", "Swedish"), or only misspelled."""
    if stem in stems or any(len(stem) > 4 and other.startswith(stem[:4]) for other in stems):
        return True
    return bool(get_close_matches(stem, stems, 1, _SPELLED_ALIKE))


def index_passages(passages: Sequence[Passage], question: str) -> PassageIndex:
    """Reads the passages once, for every check of one answer."""
    return PassageIndex(passages, question)
