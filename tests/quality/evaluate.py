"""`python -m tests.quality.evaluate`: questions asked of a running stack, and what came of them.

Three parts: `golden` (the demo company's own questions), `squad2` and `contoso` (public sets, put into
collections of their own first). `--only squad2` runs one, `--only q01 q02` some golden questions, `--limit
20` a few of each. The questions of golden and squad2 are answered three ways (see `three_ways`) unless
--one-way is given.

With --base-url and --credentials it measures the stack that runs there; else it starts one of its own in
--data-dir with the engine named by --engine-python, --lock and --models, and ends it afterwards.
Exit code 1 where a permission leaked or an unsupported sentence reached the reader.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from rich.progress import track

from services.evaluation import running as asking
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
    three_ways,
)
from tests.quality.asking import Person
from tests.quality.offline import Vectors
from tests.quality.stack import EngineFiles, Stack
from tests.quality.three_ways import BareModel, NoBareModel, Trial, Tried

Thing = TypeVar("Thing")

BUILD = Path(__file__).parents[2] / "build"
GOLDEN, SQUAD2 = "golden", "squad2"
ALL_PARTS = [GOLDEN, *public_answers.PARTS]
ADMIN, ASKER = "admin", "ben"
MUST_BE_ZERO = ("permission_leaks", "unsupported_reached_reader")


@contextmanager
def people_of(running: Stack, questions: Sequence[Question]) -> Iterator[dict[str, Person]]:
    """Everybody as whom something is asked."""
    logins = {login for one in questions for login in (one.asker, one.denied_as) if login}
    with ExitStack() as opened:
        yield {login: opened.enter_context(Person(running, login)) for login in sorted(logins)}


def main(arguments: Sequence[str] | None = None) -> int:
    wanted = _parser().parse_args(arguments)
    parts = [one for one in ALL_PARTS if one in wanted.only]
    ids = [one for one in wanted.only if one not in ALL_PARTS]
    chosen = parts or ([GOLDEN] if ids else ALL_PARTS)
    with _stack(wanted) as running, _trial(running, wanted) as trial:
        asking_all = Asking(running, wanted.limit, trial)
        missed = [
            asking_all.golden(wanted.questions, ids) if part == GOLDEN else asking_all.public(part)
            for part in chosen
        ]
        asking_all.tell_three_ways()
    return int(any(missed))


@dataclass
class Asking:
    """The parts on one stack; `tried` gathers what golden and squad2 came to each way."""

    running: Stack
    limit: int
    trial: Trial | None
    tried: dict[str, list[Tried]] = field(default_factory=dict)
    is_whole: bool = True

    def golden(self, file: Path, ids: Sequence[str]) -> bool:
        questions = golden.read_questions(file)
        chosen = [one for one in questions if not ids or one.id in ids][: self.limit or None]
        with people_of(self.running, chosen) as people:
            outcomes = [asking.ask_one(one, people, Manner()) for one in _tracked(chosen, "asking golden")]
            if self.trial:
                seen = _tracked(outcomes, "golden, with nothing and with the gold")
                self.tried[GOLDEN] = list(three_ways.try_golden(self.trial, seen, people))
        probes = [probe for outcome in outcomes for probe in outcome.probes]
        rows = measures.quality(outcomes, probes) + measures.speed(outcomes)
        report.print_worst(outcomes)
        report.print_figures(f"golden questions: {len(chosen)}", rows)
        report.write(BUILD / "eval" / "golden.json", rows, outcomes, probes)
        if len(chosen) == len(questions):  # a part of the questions is no figure
            figures.write("golden", rows)
        else:
            self.is_whole = False
        return any(row.meets_target is False for row in rows if row.name in MUST_BE_ZERO)

    def public(self, part: str) -> bool:
        """One public set; a limited run prints its figures and keeps none."""
        files_of, questions_of, figures_of = public_answers.PARTS[part]
        questions = questions_of()[: self.limit or None]
        with Person(self.running, ADMIN) as admin, Person(self.running, ASKER) as person:
            filling.fill(admin, person, part, files_of(BUILD / "eval" / "files" / part))
            asked = _tracked(questions, f"asking {part}")
            outcomes = list(public_answers.ask_all(asked, part, person))
        if self.trial and part == SQUAD2:
            seen = _tracked(outcomes, "squad2, with nothing and with the gold")
            self.tried[part] = list(three_ways.try_squad2(self.trial, seen, public_answers.squad2_texts()))
        rows = figures_of(outcomes)
        report.print_figures(f"{part}: {len(outcomes)} questions", rows)
        report.write_rows(BUILD / "eval" / f"{part}.json", rows, [one.as_row() for one in outcomes])
        if not self.limit:
            figures.write(part, rows)
        return any(row.meets_target is False for row in rows if row.name.endswith("_unsupported"))

    def tell_three_ways(self) -> None:
        """The figures are of both sets, all of them, or are only shown."""
        if not self.tried:
            return
        rows = three_ways.figures_of(self.tried)
        report.print_figures("three ways", rows)
        told = [{"set": name} | one.as_row() for name, some in self.tried.items() for one in some]
        report.write_rows(BUILD / "eval" / "three_ways.json", rows, told)
        if self.tried.keys() == {GOLDEN, SQUAD2} and not self.limit and self.is_whole:
            figures.write("three_ways", rows)


def _tracked(things: Sequence[Thing], told: str) -> Iterable[Thing]:
    return track(things, told, total=len(things), console=report.console)


@contextmanager
def _trial(running: Stack, wanted: argparse.Namespace) -> Iterator[Trial | None]:
    """None where one way is enough, or where the stack lets nobody ask the bare model."""
    if wanted.one_way:
        yield None
        return
    vectors = Vectors()
    with Person(running, ASKER) as person:
        try:
            bare = BareModel(person)
        except NoBareModel as error:
            report.console.print(f"one way only: {error}", markup=False)
            yield None
            return
        with bare:
            yield Trial(bare, vectors)
    vectors.keep()


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
    parser.add_argument("--one-way", action="store_true", help="only as the product answers")
    parser.add_argument("--limit", type=int, default=0, help="of questions in each part, for a quick look")
    return parser


if __name__ == "__main__":
    sys.exit(main())
