"""Are answers had again? The demo company's questions are asked, then each answer is replayed twice.

`make eval-replay` starts a stack of its own with the real engine (or measures `--base-url`), asks the golden
questions, replays every answer for which the model was asked alone and beside eight streams of other
questions, and records and checks the canaries. Exit code 1 where a replay was not identical.
"""

import argparse
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from services.evaluation.sets import Question
from tests.quality import figures, golden, report, stack
from tests.quality.asking import Person
from tests.quality.stack import EngineFiles, Stack

BUILD = Path(__file__).parents[2] / "build"
COMMAND = "make eval-replay"
ADMIN = "admin"
BESIDE = 8


@dataclass(frozen=True, slots=True)
class Given:
    """An answer for which the model was asked."""

    question: Question
    answer_id: str


def main(arguments: Sequence[str] | None = None) -> int:
    wanted = _parser().parse_args(arguments)
    questions = golden.read_questions()[: wanted.limit or None]
    with _running(wanted) as running, _people(running, questions) as people:
        given = list(_asked(questions, people))
        report.console.print(f"{len(given)} of {len(questions)} answers asked the model")
        alone = [_replayed(one, people) for one in given]
        with _beside(running, questions):
            busy = [_replayed(one, people) for one in given]
        _tell_canaries(running)
    rows = [_figure("replay_identical_alone", alone), _figure("replay_identical_busy", busy)]
    report.print_figures("replays", rows)
    if not wanted.limit:
        figures.write("replay", rows)
    return int(any(row.meets_target is not True for row in rows))


@contextmanager
def _running(wanted: argparse.Namespace) -> Iterator[Stack]:
    if wanted.base_url:
        yield stack.with_admin(stack.load(wanted.base_url, wanted.data_dir / stack.PEOPLE), wanted.data_dir)
        return
    if not (wanted.engine_python and wanted.lock and wanted.models):
        sys.exit("name a running stack (--base-url) or an engine (--engine-python, --lock, --models)")
    files = EngineFiles(wanted.engine_python, wanted.lock, wanted.models)
    with stack.started(files, wanted.data_dir) as running:
        yield running


@contextmanager
def _people(running: Stack, questions: Sequence[Question]) -> Iterator[dict[str, Person]]:
    logins = sorted({one.asker for one in questions})
    with ExitStack() as opened:
        yield {login: opened.enter_context(Person(running, login)) for login in logins}


def _asked(questions: Sequence[Question], people: dict[str, Person]) -> Iterator[Given]:
    for question in questions:
        answer = people[question.asker].ask(question.question).answer
        if answer.get("prompt_hash"):
            yield Given(question, answer["id"])


def _replayed(one: Given, people: dict[str, Person]) -> dict[str, Any]:
    reply = people[one.question.asker].http.post(f"/api/v1/answers/{one.answer_id}/replay")
    reply.raise_for_status()
    outcome: dict[str, Any] = reply.json()
    if outcome["outcome"] != "identical":
        told = [f"{one.question.id}: {outcome['outcome']} ({outcome['cause']}) {outcome['reason']}"]
        report.console.print("\n  ".join(told + outcome["diff"]), markup=False, highlight=False)
    return outcome


@contextmanager
def _beside(running: Stack, questions: Sequence[Question]) -> Iterator[None]:
    """Eight streams that ask other questions as long as the block runs."""
    ended = threading.Event()

    def ask_on(place: int) -> int:
        own = questions[place % len(questions)]
        asked = 0
        with Person(running, own.asker) as person:
            for question in cycle(one for one in questions if one.asker == own.asker):
                if ended.is_set():
                    return asked
                person.ask(question.question)
                asked += 1
        return asked

    with ThreadPoolExecutor(BESIDE) as pool:
        streams = [pool.submit(ask_on, place * len(questions) // BESIDE) for place in range(BESIDE)]
        try:
            yield
        finally:
            ended.set()
        report.console.print(
            f"{sum(one.result() for one in streams)} questions were asked beside the replays"
        )


def _tell_canaries(running: Stack) -> None:
    """Record and check at once: a release that is not what it was a minute ago is no release."""
    with Person(running, ADMIN) as admin:
        admin.http.post("/api/v1/drift/records").raise_for_status()
        found = admin.http.post("/api/v1/drift/checks").raise_for_status().json()
    report.console.print(f"canaries: {found['state']} {found['findings'] or ''}", markup=False)


def _figure(name: str, outcomes: Sequence[dict[str, Any]]) -> figures.Figure:
    counted = Counter(one["outcome"] for one in outcomes)
    return figures.share(name, counted["identical"], len(outcomes), "= 1", COMMAND)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base-url", help="of a stack that runs already, whose data is in --data-dir")
    parser.add_argument("--data-dir", type=Path, default=BUILD / "eval" / "replay")
    parser.add_argument("--engine-python", type=Path)
    parser.add_argument("--lock", type=Path)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--limit", type=int, default=0, help="of questions, for a quick look")
    return parser


if __name__ == "__main__":
    sys.exit(main())
