from dataclasses import replace

import pytest

from services.retrieval.search import find_passages
from tests.fakes import FakeReranker

TEXTS = [
    "Hotels hotels hotels: hotel rooms and hotel bars are in hotels.",
    "What may a hotel cost? It may cost 120 euro.",
    "Train tickets are refunded.",
]


class Reader(FakeReranker):
    """Remembers what it was given to read."""

    def __init__(self, candidates: int = 24) -> None:
        super().__init__(candidates)
        self.read: list[str] = []

    def scores(self, question, texts):
        self.read += texts
        return super().scores(question, texts)


@pytest.fixture
def company(library):
    handbook, people = library.collection("handbook", "everyone"), library.collection("people", "hr")
    library.add(handbook, "Travel.pdf", TEXTS)
    library.add(handbook, "Copy.pdf", [TEXTS[1]])
    library.add(people, "Vault.md", ["What may a hotel cost? The director's hotel may cost 900 euro."])
    return library


def ask(library, reranker, limit=8):
    resources = replace(library.resources, reranker=reranker)
    return find_passages(library.caller("everyone"), "What may a hotel cost?", resources, limit=limit)


def test_the_reranker_has_the_last_word_on_the_order(company):
    found = ask(company, FakeReranker())
    scores = [passage.score for passage in found.passages]
    assert found.passages[0].text == TEXTS[1]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 1.0
    assert "rerank" in found.timings


def test_it_reads_only_what_the_caller_may_read_and_no_text_twice(company):
    reader = Reader()
    ask(company, reader)
    assert len(reader.read) == len(set(reader.read)) == 3
    assert not any("900" in text for text in reader.read)


def test_no_more_is_read_than_the_release_says_unless_more_is_wanted(company):
    for candidates, limit in [(1, 1), (2, 1), (1, 2)]:
        reader = Reader(candidates)
        ask(company, reader, limit=limit)
        assert len(reader.read) == max(candidates, limit)


def test_a_release_without_a_reranker_spends_nothing_on_one(company):
    assert "rerank" not in ask(company, None).timings
