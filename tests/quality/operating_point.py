"""`python -m tests.quality.operating_point`: how much is answered, rightly and wrongly, at each threshold.

Quotations only, without a stack and a model: the product's reading, search and quoting on squad2's articles,
on questions of the half that nothing is reported on. Writes the curve to build/eval/squad2-curve.svg.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from matplotlib.figure import Figure
from rich.progress import track

from services.answers import grounding
from services.answers.grounding import GroundingThresholds, Similarity
from services.evaluation import matching
from tests.quality import public_answers, report, support_sources
from tests.quality.offline import OfflineLibrary, Vectors
from tests.quality.public_answers import PublicQuestion

FOLDER = Path(__file__).parents[2] / "build" / "eval"
REACHES = [0.5 + 0.05 * step for step in range(28)]


@dataclass(frozen=True, slots=True)
class Point:
    """What comes of one threshold: shares of the answerable questions, and of all."""

    reach: float
    answered: float
    right: float
    wrong: float


@dataclass(frozen=True, slots=True)
class Tried:
    """One question: up to which reach it is quoted, and whether rightly."""

    answerable: bool
    reach: float
    is_right: bool


def try_out(question: PublicQuestion, library: OfflineLibrary, similarity: Similarity) -> Tried:
    """The highest threshold at which the question still gets a quotation."""
    looked = library.find(question.question, 8)
    index = grounding.index_passages(looked.passages, question.question)
    for reach in reversed(REACHES):
        quotes = grounding.quote(index, _at(reach), similarity)
        if quotes:
            right = any(matching.gives(one.text, question.answers) for one in quotes)
            return Tried(question.answerable, reach, right)
    return Tried(question.answerable, 0.0, False)


def _at(reach: float) -> GroundingThresholds:
    """Thresholds that ask for so much coverage and nearness together."""
    known = GroundingThresholds()
    return replace(known, quote_coverage=reach - known.quote_nearest)


def curve(tried: Sequence[Tried]) -> list[Point]:
    answerable = sum(one.answerable for one in tried) or 1
    points = []
    for reach in REACHES:
        given = [one for one in tried if one.reach >= reach]
        right = sum(one.is_right and one.answerable for one in given)
        points.append(
            Point(reach, len(given) / len(tried), right / answerable, (len(given) - right) / len(tried))
        )
    return points


def chosen_reach() -> float:
    known = GroundingThresholds()
    return known.quote_coverage + known.quote_nearest


def draw(points: Sequence[Point], path: Path) -> None:
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    answered = [point.answered for point in points]
    axes.plot(answered, [point.right for point in points], label="right, of the answerable")
    axes.plot(answered, [point.wrong for point in points], label="wrong, of all")
    here = min(points, key=lambda point: abs(point.reach - chosen_reach()))
    axes.axvline(here.answered, color="grey", linestyle="dotted", label=f"chosen: reach {here.reach:.2f}")
    axes.set(xlabel="share of the questions answered", ylabel="share", xlim=(0, 1), ylim=(0, 1))
    axes.set_title("squad2, quotations alone, half of the questions without an answer")
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg")


def questions(count: int, seed: int = 5) -> list[PublicQuestion]:
    """A balanced sample of the articles that are not reported on."""
    rows = support_sources.rows(support_sources.SHARED / "answers" / "squad2" / "questions.jsonl")
    found = [
        one for one in map(public_answers.squad2_question, rows) if not public_answers.is_unseen(one.group)
    ]
    chance = random.Random(seed)  # noqa: S311 (a sample, not a secret)
    halves = [[one for one in found if one.answerable is answerable] for answerable in (True, False)]
    return [one for half in halves for one in chance.sample(half, count // 2)]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=400)
    wanted = parser.parse_args(arguments)
    vectors = Vectors()
    library = OfflineLibrary(public_answers.squad2_files(FOLDER / "files" / "squad2"), vectors)
    asked = track(questions(wanted.count), "asking", console=report.console)
    points = curve([try_out(one, library, vectors.similarity()) for one in asked])
    vectors.keep()
    for point in points:
        report.console.print(
            f"reach {point.reach:.2f}: answered {point.answered:.3f} right {point.right:.3f} "
            f"wrong {point.wrong:.3f}{'   <- chosen' if abs(point.reach - chosen_reach()) < 0.001 else ''}"
        )
    draw(points, FOLDER / "squad2-curve.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
