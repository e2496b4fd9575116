"""Was a sentence that reached the reader supported? Judged from the wire, stored texts and gold labels.

The product's grounding takes no part in this. A sentence is **unsupported** for any of these reasons:

- it has no citation, or a citation whose quote is not what the document's stored text holds at its offsets;
- it is marked as a quote and its text does not stand verbatim (white space aside) in a cited document; a
  table's row may be shown as `Column: cell; …`, if these are the row's cells under its own table's names;
- it states a number, code or name that neither the question nor any cited document (text or name) holds;
- it states a number with a unit (day, £, %…) that a cited document holds only with other units; the number
  of a table's row may take its unit from a heading;
- it denies something where neither the cited quotes nor the question hold a negation, or leaves out the
  negation of a quote that it otherwise repeats (three quarters of the quote's words);
- it contradicts the gold label: it gives another value in the unit of a key fact, without the key fact, and
  either the cited quote does not hold that value, or it ties the value to a number of the question that the
  cited passage's document does not hold (the right figure of the wrong year);
- the question has no answer, yet the sentence gives one: it does not stand on its own as a repetition of the
  cited quote (three content words at least, four fifths of them and all facts in the quote).

A true sentence that does not answer its question is supported: that it is beside the point shows in the
share of correct answers. The judge sees words, not meaning: its reasons are printed for a person to check.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.evaluation import facts, wording
from services.evaluation.sets import Question
from services.evaluation.wire import Citation, Exchange, Sentence

StoredText = Callable[[str], str | None]
"""A document's stored text by its id, None where the reader may not read it."""

REPEATED = 0.75
ON_ITS_OWN = 0.8


@dataclass(frozen=True, slots=True)
class Verdict:
    """A sentence with everything that speaks against it."""

    text: str
    status: str
    reasons: tuple[str, ...]

    @property
    def is_unsupported(self) -> bool:
        return bool(self.reasons)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a sentence may rest on: the cited documents' texts and names, and the quotes themselves."""

    texts: tuple[str, ...]
    names: tuple[str, ...]
    quotes: tuple[str, ...]

    @property
    def documents(self) -> str:
        return "\n".join([*self.texts, *self.names])

    @property
    def quoted(self) -> str:
        return "\n".join(self.quotes)


def judge_exchange(exchange: Exchange, question: Question, stored: StoredText) -> list[Verdict]:
    """A verdict on every sentence of one answer, and on what its final text holds besides them."""
    verdicts = [judge_sentence(sentence, question, stored) for sentence in exchange.sentences]
    answer = exchange.answer
    is_told = bool(answer) and answer["kind"] not in ("refused", "clarify")
    if is_told and (extra := _unsent(answer["text"], exchange.sentences)):
        verdicts.append(
            Verdict(extra, "unsent", ("in the final answer without having been sent as a sentence",))
        )
    return verdicts


def judge_sentence(sentence: Sentence, question: Question, stored: StoredText) -> Verdict:
    return Verdict(sentence.text, sentence.status, tuple(_reasons(sentence, question, stored)))


def _reasons(sentence: Sentence, question: Question, stored: StoredText) -> Iterator[str]:
    if not sentence.citations:
        yield "no citation"
        return
    for citation in sentence.citations:
        if problem := _broken(citation, stored):
            yield problem
    evidence = _evidence(sentence, stored)
    if sentence.status == "quoted":
        if not _is_verbatim(sentence.text, evidence.texts) and not _is_a_row(sentence, stored):
            yield "marked as a quote, but not in the cited document"
        return
    yield from _unknown_facts(sentence.text, question, evidence)
    yield from _wrong_polarity(sentence.text, question, evidence)
    yield from _against_gold(sentence.text, question, evidence)


def _broken(citation: Citation, stored: StoredText) -> str | None:
    text = stored(citation.document_id)
    if text is None:
        return f"cites {citation.document_name}, which the reader may not read"
    held = wording.squeezed(text[citation.start : citation.end])
    if not held or held != wording.squeezed(citation.quote):
        return f"the quote is not at its offsets in {citation.document_name}"
    return None


def _evidence(sentence: Sentence, stored: StoredText) -> Evidence:
    cited = {citation.document_id: citation.document_name for citation in sentence.citations}
    return Evidence(
        texts=tuple(text for document_id in cited if (text := stored(document_id))),
        names=tuple(re.sub(r"[-_.]", " ", name) for name in cited.values()),
        quotes=tuple(citation.quote for citation in sentence.citations),
    )


def _is_verbatim(text: str, sources: tuple[str, ...]) -> bool:
    wanted = wording.squeezed(text).strip("\"'“”„‘’ …")  # noqa: RUF001  (typographic quotes are meant)
    return bool(wanted) and any(wanted in wording.squeezed(source) for source in sources)


def _is_a_row(sentence: Sentence, stored: StoredText) -> bool:
    parts = [part.partition(": ") for part in wording.squeezed(sentence.text).split("; ")]
    told = [(name if colon else "", cell if colon else name) for name, colon, cell in parts]
    return any(
        _stands_in(told, _columns(citation, stored(citation.document_id) or ""))
        for citation in sentence.citations
    )


def _columns(citation: Citation, text: str) -> list[tuple[str, str]]:
    """The cited row's cells, each with the name that the first line of its table gives its column."""
    above = text[: citation.start].splitlines()
    table = list(itertools.takewhile(lambda line: line.lstrip().startswith("|"), reversed(above)))
    return list(zip(_cells(table[-1]), _cells(citation.quote), strict=False)) if table else []


def _cells(row: str) -> list[str]:
    return [wording.squeezed(cell) for cell in row.strip().strip("|").split("|")]


def _stands_in(told: list[tuple[str, str]], columns: list[tuple[str, str]]) -> bool:
    """Every told cell is one of the row's, in its order, under its own name or none."""
    rest = iter(columns)
    return bool(columns) and all(
        any(cell == held and name in (column, "") for column, held in rest) for name, cell in told
    )


def _unknown_facts(text: str, question: Question, evidence: Evidence) -> Iterator[str]:
    """Facts that nothing cited holds; where a question has no answer, its own words prove nothing."""
    asked = question.question if question.answerable else ""
    known = f"{evidence.documents}\n{asked}"
    held = facts.figures(known)
    values = {figure.value for figure in held}
    # Names of one letter aside, a name's parts may stand apart in the source.
    yield from _absent("name", facts.names(text), facts.name_words(known))
    yield from _absent("code", facts.identifiers(text), set(wording.tokens(known)))
    yield from _absent("number", {figure.value for figure in facts.figures(text)}, values)
    for figure in facts.figures(text) - held:
        if figure.value in values and figure.unit and not _in_a_row(figure, known):
            yield f"{figure.value} is not in {figure.unit} in what is cited"


def _absent(kind: str, stated: set[str], known: set[str]) -> Iterator[str]:
    yield from (f"{kind} {one!r} is not in what is cited" for one in sorted(stated - known))


def _in_a_row(figure: facts.Figure, text: str) -> bool:
    """A cell states a bare number; its unit stands in a heading."""
    return any(
        "|" in line or "\t" in line or "," in line
        for line in text.splitlines()
        if facts.Figure(figure.value) in facts.figures(line)
    )


def _wrong_polarity(text: str, question: Question, evidence: Evidence) -> Iterator[str]:
    denies = facts.is_negated(text)
    if denies and not facts.is_negated(f"{evidence.quoted}\n{question.question}"):
        yield "denies what the cited quote does not deny"
    words = facts.content_words(text)
    for quote in evidence.quotes:
        if not denies and facts.is_negated(quote) and _share(facts.content_words(quote), words) >= REPEATED:
            yield "leaves out the negation of the cited quote"


def _against_gold(text: str, question: Question, evidence: Evidence) -> Iterator[str]:
    if not question.answerable:
        if not _stands_alone(text, evidence):
            yield "answers a question that has no answer"
        return
    rivals = _rivals(text, question)
    if not rivals:
        return
    asked = {figure.value for figure in facts.figures(question.question)} & {
        one.value for one in facts.figures(text)
    }
    misplaced = asked - {figure.value for figure in facts.figures(evidence.documents)}
    for rival in rivals:
        # A table's cell is bare: its unit stands in the heading.
        if not {rival, facts.Figure(rival.value)} & facts.figures(evidence.quoted):
            yield f"says {rival.value} {rival.unit} where the gold label says {', '.join(question.key_facts)}"
        elif misplaced:
            yield f"ties {rival.value} {rival.unit} to {sorted(misplaced)}, which is not in what is cited"


def _rivals(text: str, question: Question) -> list[facts.Figure]:
    """Values in a key fact's unit that are neither a key fact nor said by question or gold support."""
    if wording.all_hold(text, question.key_facts):
        return []
    gold = {figure for fact in question.key_facts for figure in facts.figures(fact)}
    units = {figure.unit for figure in gold if figure.unit}
    said = gold | facts.figures(question.question) | facts.figures(question.support or "")
    return sorted(
        (one for one in facts.figures(text) if one.unit in units and one not in said),
        key=lambda figure: (figure.value, figure.unit),
    )


def _stands_alone(text: str, evidence: Evidence) -> bool:
    words = facts.content_words(text)
    said = facts.figures(text) <= facts.figures(evidence.quoted)
    return said and len(words) >= 3 and _share(words, facts.content_words(evidence.quoted)) >= ON_ITS_OWN


def _share(part: set[str], whole: set[str]) -> float:
    return len(part & whole) / len(part) if part else 0.0


def _unsent(text: str, sentences: list[Sentence]) -> str:
    """What is left of the final text when all sentences sent are taken out."""
    rest = wording.squeezed(text)
    for sentence in sorted(sentences, key=lambda one: -len(one.text)):
        rest = rest.replace(wording.squeezed(sentence.text), " ")
    rest = re.sub(r"\[\d+\]|[\s\"'“”„*>|-]", "", rest)
    return rest if len(rest) > 2 else ""
