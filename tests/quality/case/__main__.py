"""`make report`: the case for it on one page, as HTML and Markdown, from figures that were measured.

A figure that is not there is shown as not measured; prices are the reader's own, or examples that say so.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from services.adapters.embedder import Embedder, bundled_folder
from services.corpus import page as corpus_page
from services.settings import Answers
from tests.quality import figures, figures_table
from tests.quality.case import content, costs, demo_corpus, measured
from tests.quality.case.measured import Measured

BUILD = figures.FOLDER.parent
OUT = BUILD / "report"
DEMO = figures_table.README.parent / "deploy" / "demo"
QUESTIONS = DEMO / "questions.jsonl"
GAIN = "icl_gain_points"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the page's facts stand."""

    readme: Path = figures_table.README
    figures: Path = figures.FOLDER
    outcomes: Path = BUILD / "eval" / "golden.json"
    corpus: Path = OUT / "corpus.json"


def facts(sources: Sources, offer: costs.Offer | None) -> dict[str, Any]:
    """All that the page's templates say."""
    found = measured.read(sources.readme, sources.figures)
    worries = [
        {"title": each.title, "answer": each.answer, "rows": _rows(each, found)} for each in content.WORRIES
    ]
    shown = [figure for worry in worries for figure, _ in worry["rows"]] + [measured.named(found, GAIN)]
    usage = costs.longest_answer(Answers())
    examples = costs.examples(usage)
    seconds = measured.named(found, "golden_total_s")
    return {
        "made_on": datetime.now(UTC).date().isoformat(),
        "measured": sum(bool(figure.command) for figure in shown),
        "wanted": len(shown),
        "worries": worries,
        "cases": _cases(sources.outcomes),
        "usage": usage,
        "hours": costs.HOURS,
        "own": costs.break_even(offer, usage) if offer else None,
        "seconds": seconds,
        "per_answer": costs.of_seconds(seconds.number, offer.machine) if offer and seconds.number else None,
        "examples": examples,
        "asked": costs.ASKED,
        "chart": Markup(costs.chart(examples)),  # noqa: S704  (numbers and our own words)
        "gain": measured.named(found, GAIN),
        "ways": [figure for name, figure in found.items() if name.startswith("icl_") and name != GAIN],
        "delivery": content.DELIVERY,
        "corpus": json.loads(sources.corpus.read_text()) if sources.corpus.is_file() else None,
        "corpus_file": "build/report/corpus.json",
    }


def _rows(worry: content.Worry, found: dict[str, Measured]) -> list[tuple[Measured, str]]:
    return [(measured.named(found, name), meaning) for name, meaning in worry.figures]


def _cases(outcomes: Path) -> list[dict[str, Any]]:
    asked = {row["id"]: row for row in map(json.loads, QUESTIONS.read_text().splitlines())}
    came = {row["id"]: row for row in _outcomes(outcomes)}
    return [
        {
            "title": case.title,
            "who": case.who,
            "questions": [_question(asked[name], came.get(name)) for name in case.questions],
        }
        for case in content.USE_CASES
    ]


def _outcomes(path: Path) -> Sequence[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(path.read_text())["questions"] if path.is_file() else []
    return rows


def _question(asked: Mapping[str, Any], came: Mapping[str, Any] | None) -> dict[str, str]:
    page = f", page {asked['page']}" if asked["page"] else ""
    if came is None:
        outcome = "not asked"
    else:
        outcome = f"{came['kind']}, {'right' if came['is_correct'] else 'not right'}: {came['text']}"
    return {
        "question": asked["question"],
        "expected": asked["answers"][0],
        "source": f"{asked['document']}{page}",
        "outcome": outcome,
    }


def write(told: Mapping[str, Any], folder: Path) -> list[Path]:
    """Both forms; the HTML loads nothing and stands on its own."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
    )
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "index.html", folder / "report.md"]
    for path, template in zip(paths, ("page.html", "page.md"), strict=True):
        path.write_text(templates.get_template(template).render(told), encoding="utf-8")
    return paths


def make_example(sources: Sources) -> None:
    """The demo company's corpus report, where no other one lies there already."""
    if sources.corpus.is_file():
        return
    embedder = Embedder(bundled_folder(), "bundled", threads=2)
    made = demo_corpus.make(DEMO / "documents", demo_corpus.demo_collections(DEMO), embedder)
    sources.corpus.parent.mkdir(parents=True, exist_ok=True)
    sources.corpus.with_suffix(".html").write_text(corpus_page.as_html(made), encoding="utf-8")
    sources.corpus.write_text(made.model_dump_json(), encoding="utf-8")


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make report", description=__doc__)
    parser.add_argument("--machine", type=float, help="what the machine costs an hour")
    parser.add_argument("--api-in", type=float, help="what an API takes for a million tokens in")
    parser.add_argument("--api-out", type=float, help="the same for tokens out")
    asked = parser.parse_args(words)
    prices = (asked.machine, asked.api_in, asked.api_out)
    if any(price is not None for price in prices) and None in prices:
        parser.error("name all three prices or none: --machine, --api-in, --api-out")
    offer = None if asked.machine is None else costs.Offer(*prices)
    make_example(Sources())
    for path in write(facts(Sources(), offer), OUT):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
