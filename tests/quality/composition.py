"""`python -m tests.quality.composition`: what surrounds the model's sentences, tried again without an engine.

Takes the model's sentences that the last `make eval` kept in build/eval, gives them to the product's drafting
once more, over passages found in one process, and says what came of it: for choosing how an answer is put
together in seconds. Nothing measured here is a published figure. `--without-model` leaves the model's
sentences out, so that everything is quoted; `--show` prints every answer.
"""

import argparse
import json
import statistics
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from services.answers import grounding
from services.answers.grounding import AnswerDraft, GroundedAnswer, GroundingThresholds
from services.evaluation import matching, wording
from tests.quality import golden, operating_point, public_answers, report
from tests.quality.offline import Looked, OfflineLibrary, Vectors

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "eval"
DEMO = ROOT / "deploy" / "demo"
PASSAGES = 8
_CONFLICT = ("The sources disagree: ", "The editions differ: ")


@dataclass(frozen=True, slots=True)
class Case:
    """One question, what the model had said to it, and what is right."""

    id: str
    question: str
    said: tuple[str, ...]
    answerable: bool
    pages: frozenset[tuple[str, int | None]]
    answers: tuple[str, ...] = ()
    key_facts: tuple[str, ...] = ()
    asker: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """One answer as it is put together now."""

    case: Case
    looked: Looked
    answer: GroundedAnswer

    @property
    def places(self) -> list[tuple[str, int | None]]:
        return [(one.passage.document_name, one.page) for one in self.answer.citations]

    @property
    def is_answered(self) -> bool:
        return self.answer.kind != "refused"

    @property
    def is_page_exact(self) -> bool:
        return any(self._is_gold(place) for place in self.places)

    @property
    def is_within_reach(self) -> bool:
        """A gold page lies among what was found."""
        return any(
            self._is_gold((one.document_name, page))
            for one in self.looked.passages
            for page in {one.first_page, *(number for _, number in one.page_starts)}
        )

    @property
    def precision(self) -> float:
        """Share of the cited pages that are gold."""
        cited = set(self.places)
        return sum(map(self._is_gold, cited)) / len(cited) if cited else 0.0

    @property
    def is_right(self) -> bool:
        if self.case.key_facts:
            return wording.all_hold(self.answer.text, self.case.key_facts)
        return any(matching.gives(one.text, self.case.answers) for one in self.answer.sentences)

    def _is_gold(self, place: tuple[str, int | None]) -> bool:
        return place in self.case.pages or (place[0], None) in self.case.pages


def compose(case: Case, library: OfflineLibrary, vectors: Vectors) -> Composed:
    """As `services.answers.ask` speaks, with what was kept in the model's place."""
    looked = library.find(case.question, PASSAGES)
    index = grounding.index_passages(looked.passages, case.question)
    thresholds = GroundingThresholds()
    draft = AnswerDraft(index, "strict", thresholds, similarity=vectors.similarity())
    if grounding.can_answer(index, thresholds, nearest=looked.nearest).is_answerable:
        for sentence in case.said:
            draft.feed(sentence + "\n")
        draft.finish()
    return Composed(case, looked, draft.answer())


def golden_cases() -> Iterator[Case]:
    kept = {one["id"]: one for one in json.loads((KEPT / "golden.json").read_text())["questions"]}
    for one in golden.read_questions():
        rows = kept.get(one.id, {"sentences": []})["sentences"]
        pages = frozenset((one.document or "", page) for page in (one.pages or (None,)))
        yield Case(
            one.id, one.question, _said((row["status"], row["text"]) for row in rows), one.answerable, pages,
            key_facts=tuple(one.key_facts), asker=one.asker,
        )  # fmt: skip


def contoso_cases() -> Iterator[Case]:
    kept = {one["id"]: one for one in json.loads((KEPT / "contoso.json").read_text())["questions"]}
    for one in public_answers.contoso():
        said = _said(map(tuple, kept.get(one.id, {"sentences": []})["sentences"]))
        yield Case(one.id, one.question, said, one.answerable, frozenset(one.pages), one.answers)


def squad2_cases(count: int) -> Iterator[Case]:
    """Quotations only: of the half that nothing is reported on."""
    for one in operating_point.questions(count):
        pages = frozenset([(f"{one.group.replace('_', ' ').replace('/', ' ')}.md", None)])
        yield Case(one.id, one.question, (), one.answerable, pages, one.answers)


def _said(rows: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(text for status, text in rows if status == "supported" and not text.startswith(_CONFLICT))


def demo_libraries(vectors: Vectors) -> dict[str, OfflineLibrary]:
    """For everybody of the demo company what they may read."""
    demo = tomllib.loads((DEMO / "demo.toml").read_text())
    narrowed = {one["document"]: set(one["reader_groups"]) for one in demo["narrowed"]}
    found = {}
    for person in demo["people"]:
        groups = set(person["groups"])
        files = [
            file
            for collection in demo["collections"]
            if groups & set(collection["reader_groups"])
            for file in sorted((DEMO / "documents" / collection["folder"]).iterdir())
            if groups & narrowed.get(f"{collection['folder']}/{file.name}", groups)
        ]
        found[person["login"]] = OfflineLibrary(files, vectors)
    return found


def run(wanted: argparse.Namespace, vectors: Vectors) -> Iterator[tuple[str, list[Composed]]]:
    if "golden" in wanted.only:
        libraries = demo_libraries(vectors)
        cases = list(golden_cases())
        yield "golden", [compose(_as(one, wanted), libraries[one.asker], vectors) for one in cases]
    if "contoso" in wanted.only:
        library = OfflineLibrary(public_answers.contoso_files(KEPT), vectors)
        yield "contoso", [compose(_as(one, wanted), library, vectors) for one in contoso_cases()]
    if "squad2" in wanted.only:
        library = OfflineLibrary(public_answers.squad2_files(KEPT / "files" / "squad2"), vectors)
        yield "squad2", [compose(one, library, vectors) for one in squad2_cases(wanted.count)]


def _as(case: Case, wanted: argparse.Namespace) -> Case:
    if not wanted.without_model:
        return case
    parts: dict[str, Any] = {name: getattr(case, name) for name in case.__slots__}
    return Case(**(parts | {"said": ()}))


def summary(composed: Sequence[Composed]) -> dict[str, str]:
    """What to compare two ways by."""
    answerable = [one for one in composed if one.case.answerable]
    answered = [one for one in answerable if one.is_answered]
    lengths = [len(one.answer.sentences) for one in composed if one.is_answered]
    cited = [len(one.answer.citations) for one in composed if one.is_answered]
    wrong = [one for one in composed if one.is_answered and not (one.case.answerable and one.is_right)]
    return {
        "gold within reach": f"{sum(one.is_within_reach for one in answerable)} of {len(answerable)}",
        "page exact": f"{sum(one.is_page_exact for one in answered)} of {len(answered)}",
        "citations each": f"{statistics.fmean(cited or [0]):.2f}",
        "precision of cited pages": f"{statistics.fmean([one.precision for one in answered] or [0]):.3f}",
        "sentences, mean and most": f"{statistics.fmean(lengths or [0]):.2f} {max(lengths, default=0)}",
        "right": f"{sum(one.is_right for one in answered)} of {len(answerable)}",
        "given but not right": f"{len(wrong)} of {len(composed)}",
        "refused though answerable": f"{len(answerable) - len(answered)} of {len(answerable)}",
        "refused rightly": f"{sum(not one.is_answered for one in composed if not one.case.answerable)}"
        f" of {len(composed) - len(answerable)}",
    }


def show(one: Composed) -> None:
    mark = "exact" if one.is_page_exact else "within reach" if one.is_within_reach else "out of reach"
    print(f"{one.case.id} {one.answer.kind} {mark} {'right' if one.is_right else ''} {one.case.question}")
    for sentence in one.answer.sentences:
        places = [(place.passage.document_name[-28:], place.page) for place in sentence.citations]
        print(f"     {sentence.status} {sentence.text[:300]} {places}")
    print(f"     gold {sorted(one.case.pages, key=str)} {one.case.answers[:1] or one.case.key_facts}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", default=["golden", "contoso", "squad2"])
    parser.add_argument("--count", type=int, default=200, help="questions of squad2")
    parser.add_argument("--without-model", action="store_true")
    parser.add_argument("--show", action="store_true")
    wanted = parser.parse_args(arguments)
    vectors = Vectors()
    found = {}
    for name, composed in run(wanted, vectors):
        found[name] = summary(composed)
        if wanted.show:
            for one in composed:
                show(one)
    vectors.keep()
    table = Table("", *found)
    for row in next(iter(found.values()), {}):
        table.add_row(row, *(some[row] for some in found.values()))
    report.console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
