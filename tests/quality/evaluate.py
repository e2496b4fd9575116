"""`python -m tests.quality.evaluate`: the golden questions asked of a running stack, and what came of them.

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

from tests.quality import figures, golden, judge, leaks, measures, report, stack
from tests.quality.asking import Person
from tests.quality.golden import GoldenQuestion
from tests.quality.leaks import Probe
from tests.quality.measures import Outcome
from tests.quality.stack import EngineFiles, Stack

BUILD = Path(__file__).parents[2] / "build"
MUST_BE_ZERO = ("permission_leaks", "unsupported_reached_reader")


def evaluate(running: Stack, questions: Sequence[GoldenQuestion]) -> tuple[list[Outcome], list[Probe]]:
    """Ask everything once, as its person; then try every closed question as its outsider."""
    logins = {login for one in questions for login in (one.asker, one.denied_as) if login}
    with ExitStack() as opened:
        people = {login: opened.enter_context(Person(running, login)) for login in sorted(logins)}
        outcomes = [
            _ask(one, people[one.asker]) for one in track(questions, "asking", console=report.console)
        ]
        closed = [one for one in questions if one.denied_as]
        probes = [
            probe
            for one in track(closed, "trying closed doors", console=report.console)
            for probe in leaks.probe(one, people[one.denied_as or ""], people[one.asker])
        ]
    return outcomes, probes


def _ask(question: GoldenQuestion, person: Person) -> Outcome:
    passages = person.search(question.question, limit=5)
    exchange = person.ask(question.question)
    verdicts = judge.judge_exchange(exchange, question, person.stored_text)
    return Outcome(question, passages, exchange, verdicts)


def main(arguments: Sequence[str] | None = None) -> int:
    wanted = _parser().parse_args(arguments)
    questions = golden.read_questions(wanted.questions)
    chosen = [one for one in questions if not wanted.only or one.id in wanted.only]
    with _stack(wanted) as running:
        outcomes, probes = evaluate(running, chosen)
    rows = measures.quality(outcomes, probes) + measures.speed(outcomes)
    report.print_worst(outcomes, probes)
    report.print_figures(f"golden questions: {len(chosen)}", rows)
    report.write(BUILD / "eval" / "golden.json", rows, outcomes, probes)
    if not wanted.only:  # a part of the questions is no figure
        figures.write("golden", rows)
    return int(any(row.meets_target is False for row in rows if row.name in MUST_BE_ZERO))


@contextmanager
def _stack(wanted: argparse.Namespace) -> Iterator[Stack]:
    if wanted.base_url:
        yield stack.load(wanted.base_url, wanted.credentials or wanted.data_dir / stack.PEOPLE)
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
    parser.add_argument("--only", nargs="*", default=[], help="ids of questions, for a look at some")
    return parser


if __name__ == "__main__":
    sys.exit(main())
