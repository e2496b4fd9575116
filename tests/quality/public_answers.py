"""Questions of the public sets asked of a running stack: what was answered, refused, wrong.

An answer to squad2 is **right** when a sentence that reached the reader holds the gold span: word for word,
or all its numbers and names in a stretch whose token F1 with the span is at least 0.5. It is **wrong** when
it is given and not right, or given where no paragraph answers. Quotations are counted apart.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.evaluation import judge, matching
from services.evaluation.judge import Verdict
from services.evaluation.sets import Question
from services.evaluation.wire import Exchange
from tests.quality import figures
from tests.quality.asking import Person
from tests.quality.figures import Figure
from tests.quality.support_sources import SHARED, rows

COMMAND = "make eval"
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
    source: str = ""

    def as_golden(self, asker: str) -> Question:
        """What the judge of sentences reads."""
        return Question(self.id, self.question, asker, self.answerable)


@dataclass(frozen=True, slots=True)
class PublicOutcome:
    """One question with everything that came back."""

    question: PublicQuestion
    exchange: Exchange
    verdicts: Sequence[Verdict] = ()

    @property
    def is_right(self) -> bool:
        said = [sentence.text for sentence in self.exchange.sentences]
        return self.question.answerable and any(matching.gives(text, self.question.answers) for text in said)

    @property
    def is_wrong(self) -> bool:
        return self.exchange.is_answered and not self.is_right

    @property
    def is_page_exact(self) -> bool:
        return any((one.document_name, one.page) in self.question.pages for one in self.exchange.citations)

    def as_row(self) -> dict[str, Any]:
        return {
            "id": self.question.id,
            "question": self.question.question,
            "answers": self.question.answers,
            "kind": self.exchange.kind,
            "right": self.is_right,
            "page_exact": self.is_page_exact,
            "sentences": [[one.status, one.text] for one in self.exchange.sentences],
            "pages": [[one.document_name, one.page] for one in self.exchange.citations],
            "unsupported": [[one.text, *one.reasons] for one in self.verdicts if one.is_unsupported],
            "total_s": round(self.exchange.total_s, 2),
        }


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
    return PublicQuestion(
        row["id"], row["question"], tuple(row["answers"]), row["answerable"], title, source=row["sources"][0]
    )


def is_unseen(title: str) -> bool:
    """Every second article, by the alphabet, is for reporting only."""
    return _titles().index(title) % 2 == 1


@cache
def _titles() -> list[str]:
    paragraphs = rows(SHARED / "answers" / "squad2" / "documents.jsonl")
    return sorted({row["_id"].rsplit("#", 1)[0] for row in paragraphs})


def squad2_texts() -> dict[str, str]:
    """Every paragraph by the name that questions give as their source."""
    found = rows(SHARED / "answers" / "squad2" / "documents.jsonl")
    return {row["_id"]: " ".join(row["text"].split()) for row in found}


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
    quoted = sum(one.exchange.kind == "quoted" for one in right)
    wrong = [one for one in outcomes if one.is_wrong]
    return [
        _share("squad2_answered_correctly", len(right), len(answerable), f", {quoted} of them quotations"),
        _share(
            "squad2_wrong", len(wrong), len(outcomes),
            f", {sum(not one.question.answerable for one in wrong)} without an answer in the paragraphs, "
            f"{sum(one.exchange.kind == 'quoted' for one in wrong)} quotations",
        ),
        _share("squad2_refused", sum(one.exchange.kind == "refused" for one in outcomes), len(outcomes)),
        _unsupported("squad2_unsupported", outcomes),
    ]  # fmt: skip


def contoso_figures(outcomes: Sequence[PublicOutcome]) -> list[Figure]:
    answered = [one for one in outcomes if one.exchange.is_answered]
    refused = sum(one.exchange.kind == "refused" for one in outcomes)
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
