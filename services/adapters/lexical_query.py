"""A question as a Tantivy query; what a person typed is cut into terms and never read as query syntax."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from tantivy import Occur, Query, Schema

from services.adapters import lexical_terms

# A question longer than this is an attack or a pasted document; its first terms say enough.
MOST_TERMS = 128
MOST_LANGUAGES = 4
# Stems of a language are tried for every question once it has this share of the chunks.
COMMON_LANGUAGE = 0.01
# Chosen on two question sets, reported on two others: tests/quality/measure_retrieval.py.
TITLE_BOOST, HEADING_BOOST, IDENTIFIER_BOOST, PAIR_BOOST = 0.1, 0.1, 0.3, 0.4
WRITTEN_BOOST, GRAM_BOOST = 0.4, 0.2
QUOTED_BOOST = 2.0

Item = TypeVar("Item", bound=Hashable)


class Searcher(Protocol):
    """The part of Tantivy's searcher that a query is made with."""

    def doc_freq(self, field_name: str, field_value: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's text with the languages its words are stemmed in; the first is its own."""

    text: str
    languages: tuple[str, ...]

    @property
    def content(self) -> str:
        """The question without its own language's function words."""
        return lexical_terms.content(self.text, self.languages[0])


def asked(text: str, chunks_by_language: Mapping[str, int]) -> Asked:
    """The question, to be stemmed as its own language and those that the library is written in."""
    common = sorted(chunks_by_language, key=lambda language: -chunks_by_language[language])
    least = COMMON_LANGUAGE * sum(chunks_by_language.values())
    spread = [language for language in common if chunks_by_language[language] >= least]
    own = lexical_terms.language_of(text, common) or next(iter(spread), lexical_terms.FALLBACK)
    return Asked(text, tuple(dict.fromkeys([own, *spread]))[:MOST_LANGUAGES])


def proposing(question: Asked, schema: Schema, searcher: Searcher) -> Query | None:
    """What finds chunks in the whole index: words, pairs of words, identifiers and quotations.

    A word that no chunk holds is looked for by its pieces, so that a compound or a slip still finds.
    """
    clauses = [*_common(question, schema), *_unknown_words(question, schema, searcher)]
    return _any_of(clauses) if clauses else None


def judging(question: Asked, schema: Schema, ids: Collection[str]) -> Query:
    """What orders these chunks: the same, and the words as they are written and their pieces.

    The pieces have long lists, so they are counted for few chunks only, never for the whole index.
    """
    within = Query.const_score_query(Query.term_set_query(schema, "chunk", sorted(ids)), 0.0)
    clauses = [*_common(question, schema), *_spelled(question, schema)]
    return Query.boolean_query([(Occur.Must, within), *((Occur.Should, clause) for clause in clauses)])


def _common(question: Asked, schema: Schema) -> Iterator[Query]:
    for variants in _variants(question):
        yield _one_of([_anywhere(schema, stem) for stem in variants])
    for pair in _pairs(question):
        yield _boosted(_term(schema, "pairs", pair), PAIR_BOOST)
    for code in lexical_terms.identifiers(question.text)[:MOST_TERMS]:
        yield _boosted(_term(schema, "codes", code), IDENTIFIER_BOOST)
    for quotation in lexical_terms.quotations(question.text):
        words = lexical_terms.as_written(quotation)
        if len(words) > 1:
            yield _boosted(Query.phrase_query(schema, "written", list(words)), QUOTED_BOOST)


def _spelled(question: Asked, schema: Schema) -> Iterator[Query]:
    written = _first(lexical_terms.as_written(question.content))
    for word in written:
        yield _boosted(_term(schema, "written", word), WRITTEN_BOOST)
    for gram in _first(lexical_terms.grams(written)):
        yield _boosted(_term(schema, "grams", gram), GRAM_BOOST)


def _unknown_words(question: Asked, schema: Schema, searcher: Searcher) -> Iterator[Query]:
    for variants in _variants(question):
        if not any(searcher.doc_freq("words", stem) for stem in variants):
            for gram in lexical_terms.grams(variants[:1]):
                yield _boosted(_term(schema, "grams", gram), GRAM_BOOST)


def _variants(question: Asked) -> list[tuple[str, ...]]:
    """Each word of the question as the stems it may have been indexed under."""
    found = [*lexical_terms.separate(question.content), *lexical_terms.parts(question.text)]
    variants = (
        tuple(dict.fromkeys(stem for one in question.languages for stem in lexical_terms.stems(word, one)))
        for word in _first(found)
    )
    return _first(stems for stems in variants if stems)


def _pairs(question: Asked) -> list[str]:
    return _first(
        pair
        for language in question.languages
        for pair in lexical_terms.pairs(lexical_terms.stems(question.content, language))
    )


def _first(items: Iterable[Item]) -> list[Item]:
    return list(dict.fromkeys(items))[:MOST_TERMS]


def _anywhere(schema: Schema, stem: str) -> Query:
    return _any_of(
        [
            _term(schema, "words", stem),
            _boosted(_term(schema, "heading", stem), HEADING_BOOST),
            _boosted(_term(schema, "title", stem), TITLE_BOOST),
        ]
    )


def _one_of(queries: list[Query]) -> Query:
    """The best of the queries: a word counts once, in whatever language it was stemmed."""
    return queries[0] if len(queries) == 1 else Query.disjunction_max_query(queries)


def _any_of(queries: Iterable[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def _boosted(query: Query, boost: float) -> Query:
    return Query.boost_query(query, boost)


def _term(schema: Schema, field: str, value: str) -> Query:
    return Query.term_query(schema, field, value)
