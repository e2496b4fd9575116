"""Questions of the public sets asked of a running stack: what was answered, refused, wrong.

An answer to squad2 is **right** when a sentence that reached the reader holds the gold span: word for word,
or all its numbers and names in a stretch whose token F1 with the span is at least 0.5. It is **wrong** when
it is given and not right, or given where no paragraph answers. Quotations are counted apart.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.quality import facts, figures, judge, wording
from tests.quality.asking import Person
from tests.quality.figures import Figure
from tests.quality.golden import GoldenQuestion
from tests.quality.judge import Verdict
from tests.quality.support_sources import SHARED, rows
from tests.quality.wire import Exchange

COMMAND = "make eval"
ENOUGH_F1 = 0.5
SAMPLE = 400


@dataclass(frozen=True, slots=True)
class PublicQuestion:
    """One question; `pages` are the gold (document, page) where the set names them."""

    id: str
    question: str
    answers: tuple[str, ...]
    answerable: bool
    group: str = ""
    pages: frozenset[tuple[str, int]] = frozenset()

    def as_golden(self, asker: str) -> GoldenQuestion:
        """What the judge of sentences reads."""
        return GoldenQuestion(self.id, self.question, asker, self.answerable)


@dataclass(frozen=True, slots=True)
class PublicOutcome:
    """One question with everything that came back."""

    question: PublicQuestion
    exchange: Exchange
    verdicts: Sequence[Verdict] = ()

    @property
    def kind(self) -> str:
        """generated | quoted | refused | failed."""
        return str(self.exchange.answer.get("kind") or "failed")

    @property
    def is_answered(self) -> bool:
        return self.kind in ("generated", "quoted")

    @property
    def is_right(self) -> bool:
        said = [sentence.text for sentence in self.exchange.sentences]
        return self.question.answerable and any(gives(text, self.question.answers) for text in said)

    @property
    def is_wrong(self) -> bool:
        return self.is_answered and not self.is_right

    @property
    def is_page_exact(self) -> bool:
        cited = [one for sentence in self.exchange.sentences for one in sentence.citations]
        return any((one.document_name, one.page) in self.question.pages for one in cited)

    def as_row(self) -> dict[str, Any]:
        return {
            "id": self.question.id,
            "question": self.question.question,
            "answers": self.question.answers,
            "kind": self.kind,
            "right": self.is_right,
            "page_exact": self.is_page_exact,
            "sentences": [[one.status, one.text] for one in self.exchange.sentences],
            "pages": [[one.document_name, one.page] for s in self.exchange.sentences for one in s.citations],
            "unsupported": [[one.text, *one.reasons] for one in self.verdicts if one.is_unsupported],
            "total_s": round(self.exchange.total_s, 2),
        }


def gives(sentence: str, answers: Sequence[str]) -> bool:
    """Whether the sentence gives one of the gold spans."""
    return any(wording.holds(sentence, answer) or _gives_nearly(sentence, answer) for answer in answers)


def _gives_nearly(sentence: str, answer: str) -> bool:
    wanted = wording.tokens(answer)
    exact = {one.value for one in facts.figures(answer)} | facts.names(f"x {answer}")
    held = {one.value for one in facts.figures(sentence)} | facts.name_words(sentence)
    return exact <= held and best_f1(wording.tokens(sentence), wanted) >= ENOUGH_F1


def best_f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    """Token F1 of `wanted` with that stretch of `said`, of the same length, which shares most with it."""
    length = len(wanted)
    if not length or not said:
        return 0.0
    stretches = (said[start : start + length] for start in range(max(1, len(said) - length + 1)))
    return max(_f1(stretch, wanted) for stretch in stretches)


def _f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    shared = (Counter(said) & Counter(wanted)).total()
    return 2 * shared / (len(said) + len(wanted))


def squad2(count: int = SAMPLE, seed: int = 11) -> list[PublicQuestion]:
    """A balanced sample of the articles that no threshold was chosen on (see `is_unseen`)."""
    found = [squad2_question(row) for row in rows(SHARED / "answers" / "squad2" / "questions.jsonl")]
    unseen = [one for one in found if is_unseen(one.group)]
    chance = random.Random(seed)  # noqa: S311 (a sample, not a secret)
    halves = [[one for one in unseen if one.answerable is answerable] for answerable in (True, False)]
    chosen = [chance.sample(half, min(count // 2, len(half))) for half in halves]
    return [one for pair in zip(*chosen, strict=False) for one in pair]


def squad2_question(row: dict[str, Any]) -> PublicQuestion:
    title = row["sources"][0].rsplit("#", 1)[0]
    return PublicQuestion(row["id"], row["question"], tuple(row["answers"]), row["answerable"], title)


def is_unseen(title: str) -> bool:
    """Every second article, by the alphabet, is for reporting only."""
    return _titles().index(title) % 2 == 1


@cache
def _titles() -> list[str]:
    paragraphs = rows(SHARED / "answers" / "squad2" / "documents.jsonl")
    return sorted({row["_id"].rsplit("#", 1)[0] for row in paragraphs})


def squad2_files(folder: Path) -> list[Path]:
    """All paragraphs, one Markdown file for each article."""
    folder.mkdir(parents=True, exist_ok=True)
    texts: dict[str, list[str]] = defaultdict(list)
    for row in rows(SHARED / "answers" / "squad2" / "documents.jsonl"):
        texts[row["title"].replace("_", " ")].append(" ".join(row["text"].split()))
    for title, paragraphs in texts.items():
        file = folder / f"{title.replace('/', ' ')}.md"
        file.write_text("\n\n".join([f"# {title}", *paragraphs]) + "\n", encoding="utf-8")
    return sorted(folder.glob("*.md"))


def contoso() -> list[PublicQuestion]:
    found = rows(SHARED / "answers" / "contoso" / "questions.jsonl")
    return [
        PublicQuestion(
            row["id"], row["question"], tuple(row["answers"]), row["answerable"],
            pages=frozenset((page["doc"], page["page"]) for page in row["pages"]),
        )
        for row in found
    ]  # fmt: skip


def contoso_files(_folder: Path) -> list[Path]:
    return sorted((SHARED / "answers" / "contoso" / "documents").iterdir())


def ask_all(questions: Sequence[PublicQuestion], collection: str, person: Person) -> Iterator[PublicOutcome]:
    for question in questions:
        exchange = person.ask(question.question, collections=[collection])
        golden = question.as_golden(person.login)
        verdicts = judge.judge_exchange(exchange, golden, person.stored_text) if question.answerable else []
        yield PublicOutcome(question, exchange, verdicts)


def squad2_figures(outcomes: Sequence[PublicOutcome]) -> list[Figure]:
    answerable = [one for one in outcomes if one.question.answerable]
    right = [one for one in answerable if one.is_right]
    quoted = sum(one.kind == "quoted" for one in right)
    wrong = [one for one in outcomes if one.is_wrong]
    return [
        _share("squad2_answered_correctly", len(right), len(answerable), f", {quoted} of them quotations"),
        _share(
            "squad2_wrong", len(wrong), len(outcomes),
            f", {sum(not one.question.answerable for one in wrong)} without an answer in the paragraphs, "
            f"{sum(one.kind == 'quoted' for one in wrong)} quotations",
        ),
        _share("squad2_refused", sum(one.kind == "refused" for one in outcomes), len(outcomes)),
        _unsupported("squad2_unsupported", outcomes),
    ]  # fmt: skip


def contoso_figures(outcomes: Sequence[PublicOutcome]) -> list[Figure]:
    answered = [one for one in outcomes if one.is_answered]
    refused = sum(one.kind == "refused" for one in outcomes)
    return [
        _share("contoso_page_exact", sum(one.is_page_exact for one in answered), len(answered), "", "≥ 0.8"),
        _share("contoso_wrong_refusals", refused, len(outcomes), "", "≤ 0.15"),
        _unsupported("contoso_unsupported", outcomes),
    ]


def _share(name: str, hits: int, of: int, more: str = "", target: str = "") -> Figure:
    found = figures.share(name, hits, of, target, COMMAND)
    return Figure(name, found.value, "share", target, COMMAND, found.detail + more)


def _unsupported(name: str, outcomes: Sequence[PublicOutcome]) -> Figure:
    """Judged by words alone, against the cited documents; only where there is an answer to be right about."""
    bad = sum(verdict.is_unsupported for one in outcomes for verdict in one.verdicts)
    of = sum(len(one.verdicts) for one in outcomes)
    return Figure(name, bad if of else float("nan"), "count", "= 0", COMMAND, f"of {of} sentences")


Part = tuple[
    Callable[[Path], list[Path]],
    Callable[[], list[PublicQuestion]],
    Callable[[Sequence[PublicOutcome]], list[Figure]],
]
PARTS: dict[str, Part] = {
    "squad2": (squad2_files, squad2, squad2_figures),
    "contoso": (contoso_files, contoso, contoso_figures),
}
