"""`python -m tests.quality.evaluate`: questions asked of a running stack, and what came of them.

Three parts: `golden` (the demo company's own questions), `squad2` and `contoso` (public sets, put into
collections of their own first). `--only squad2` runs one, `--only q01 q02` some golden questions, `--limit
20` a few of each.

With --base-url and --credentials it measures the stack that runs there; else it starts one of its own in
--data-dir with the engine named by --engine-python, --lock and --models, and ends it afterwards.
Exit code 1 where a permission leaked or an unsupported sentence reached the reader.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.progress import track

from services.evaluation import running as asking
from services.evaluation.outcomes import Outcome
from services.evaluation.running import Manner
from services.evaluation.sets import Question
from tests.quality import (
    figures,
    filling,
    golden,
    measures,
    public_answers,
    report,
    stack,
)
from tests.quality.asking import Person
from tests.quality.stack import EngineFiles, Stack

BUILD = Path(__file__).parents[2] / "build"
GOLDEN = "golden"
ALL_PARTS = [GOLDEN, *public_answers.PARTS]
ADMIN, ASKER = "admin", "ben"
MUST_BE_ZERO = ("permission_leaks", "unsupported_reached_reader")


def evaluate(running: Stack, questions: Sequence[Question]) -> list[Outcome]:
    """Ask everything once, as its person, and try every closed question as its outsider."""
    logins = {login for one in questions for login in (one.asker, one.denied_as) if login}
    with ExitStack() as opened:
        people = {login: opened.enter_context(Person(running, login)) for login in sorted(logins)}
        asked = track(questions, "asking", console=report.console)
        return [asking.ask_one(one, people, Manner()) for one in asked]


def main(arguments: Sequence[str] | None = None) -> int:
    wanted = _parser().parse_args(arguments)
    parts = [one for one in ALL_PARTS if one in wanted.only]
    ids = [one for one in wanted.only if one not in ALL_PARTS]
    chosen = parts or ([GOLDEN] if ids else ALL_PARTS)
    with _stack(wanted) as running:
        missed = [
            _golden(running, wanted, ids) if part == GOLDEN else _public(running, part, wanted.limit)
            for part in chosen
        ]
    return int(any(missed))


def _public(running: Stack, part: str, limit: int) -> bool:
    """One public set; a limited run prints its figures and keeps none."""
    files_of, questions_of, figures_of = public_answers.PARTS[part]
    questions = questions_of()[: limit or None]
    with Person(running, ADMIN) as admin, Person(running, ASKER) as person:
        filling.fill(admin, person, part, files_of(BUILD / "eval" / "files" / part))
        asked = track(questions, f"asking {part}", total=len(questions), console=report.console)
        outcomes = list(public_answers.ask_all(asked, part, person))
    rows = figures_of(outcomes)
    report.print_figures(f"{part}: {len(outcomes)} questions", rows)
    report.write_rows(BUILD / "eval" / f"{part}.json", rows, [one.as_row() for one in outcomes])
    if not limit:
        figures.write(part, rows)
    return any(row.meets_target is False for row in rows if row.name.endswith("_unsupported"))


def _golden(running: Stack, wanted: argparse.Namespace, ids: Sequence[str]) -> bool:
    questions = golden.read_questions(wanted.questions)
    chosen = [one for one in questions if not ids or one.id in ids][: wanted.limit or None]
    outcomes = evaluate(running, chosen)
    probes = [probe for outcome in outcomes for probe in outcome.probes]
    rows = measures.quality(outcomes, probes) + measures.speed(outcomes)
    report.print_worst(outcomes)
    report.print_figures(f"golden questions: {len(chosen)}", rows)
    report.write(BUILD / "eval" / "golden.json", rows, outcomes, probes)
    if len(chosen) == len(questions):  # a part of the questions is no figure
        figures.write("golden", rows)
    return any(row.meets_target is False for row in rows if row.name in MUST_BE_ZERO)


@contextmanager
def _stack(wanted: argparse.Namespace) -> Iterator[Stack]:
    if wanted.base_url:
        people = stack.load(wanted.base_url, wanted.credentials or wanted.data_dir / stack.PEOPLE)
        yield stack.with_admin(people, wanted.data_dir)
        return
    if not (wanted.engine_python and wanted.lock and wanted.models):
        sys.exit("name a running stack (--base-url) or an engine (--engine-python, --lock, --models)")
    files = EngineFiles(wanted.engine_python, wanted.lock, wanted.models)
    with stack.started(files, wanted.data_dir) as running:
        yield running


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base-url", help="of a stack that runs already")
    parser.add_argument("--credentials", type=Path, help='JSON file of {"login": "password"}')
    parser.add_argument(
        "--data-dir", type=Path, default=BUILD / "eval" / "stack", help="of the stack started here"
    )
    parser.add_argument("--engine-python", type=Path)
    parser.add_argument("--lock", type=Path)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--questions", type=Path, default=golden.QUESTIONS)
    parser.add_argument("--only", nargs="*", default=[], help="parts, or ids of golden questions")
    parser.add_argument("--limit", type=int, default=0, help="of questions in each part, for a quick look")
    return parser


if __name__ == "__main__":
    sys.exit(main())
