"""`holdfast eval`: ask a question set, read what came of it, compare two results, hold one to a gate."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from services import errors
from services.cli import private_file
from services.cli.asker import TIMEOUT, HttpAsker
from services.cli.client import Credentials, raise_problem
from services.cli.complaints import complaining
from services.database.session import now
from services.evaluation import comparison, gate, pages, results, running, sets
from services.evaluation.gate import Decision
from services.evaluation.measures import BY_NAME
from services.evaluation.results import EvaluationResult
from services.evaluation.running import MYSELF, Manner
from services.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, help="Evaluation: how good the answers are, and what changed.")
console = Console(width=120)
KEPT = "/api/v1/evaluations"
COLUMNS = (
    "question set, JSONL or CSV: question; answers, key_facts, document, pages, support (what is right); "
    "answerable; id; as, group, denied_as, canary (who asks, who may not know, what they must not receive)"
)
MARKS = re.compile(r"\s?\[\d{1,3}\]")
"""Citations' numbers in an answer's text; they are of that answer alone."""
LOGINS = TypeAdapter(dict[str, str])

Keys = Annotated[Path | None, typer.Option(help='JSON file of {"login": "API key"}; "" is you')]
People = Annotated[Path | None, typer.Option(help='JSON file of {"login": "password"}')]
ReportFile = Annotated[Path | None, typer.Option("--report", help="write a page (HTML) here")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is run, and where it goes."""

    set_file: Path
    out: Path
    keys: Path | None
    people: Path | None
    manner: Manner
    label: str
    limit: int
    cost_per_hour: float | None


@app.command()
def run(
    set_file: Annotated[Path, typer.Argument(metavar="SET", help=COLUMNS)],
    *,
    out: Annotated[Path, typer.Option(help="the result")] = Path("result.json"),
    report: ReportFile = None,
    keys: Keys = None,
    people: People = None,
    collection: Annotated[list[str] | None, typer.Option(help="ask only these collections")] = None,
    policy: Annotated[str | None, typer.Option(help="strict, flag or off")] = None,
    label: Annotated[str, typer.Option(help="what this run is called in comparisons")] = "",
    limit: Annotated[int, typer.Option(help="only the first so many questions")] = 0,
    cost_per_hour: Annotated[
        float | None, typer.Option(help="of the machine, for the cost of answers")
    ] = None,
    gate_file: Annotated[
        Path | None, typer.Option("--gate", help="thresholds; exit code 1 if missed")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="show it to the other administrators, too")] = False,
) -> None:
    """Ask every question of a set on the running stack, over REST, and measure the answers."""
    manner = Manner(tuple(collection or ()), policy)
    wanted = Wanted(set_file, out, keys, people, manner, label, limit, cost_per_hour)
    complaining(_run, wanted, report, gate_file, keep=keep)


def _run(wanted: Wanted, report: Path | None, gate_file: Path | None, *, keep: bool) -> None:
    thresholds = gate.read(gate_file) if gate_file else None
    result = _measure(load_settings(), wanted)
    # What it quotes is for its owner's eyes: the readers of the documents are known to the server only.
    private_file.write(wanted.out, result.model_dump_json(indent=1) + "\n")
    decision = gate.decide(result, thresholds) if thresholds else None
    _print_result(result)
    _write_page(report, pages.report(result, decision) if report else "")
    console.print(f"written to {wanted.out}", markup=False, highlight=False)
    if keep:
        _keep(result)
    if decision:
        _judge(decision)


def _measure(settings: Settings, wanted: Wanted) -> EvaluationResult:
    question_set, begun = sets.read_set(wanted.set_file), now()
    questions = question_set.questions[: wanted.limit or None]
    with _askers(settings, wanted) as askers:
        running.require_askers(question_set, askers)
        shown = track(questions, "asking", console=Console(stderr=True))
        outcomes = running.ask_all(shown, askers, wanted.manner)
    manner = wanted.manner.answer | ({"cost_per_hour": wanted.cost_per_hour} if wanted.cost_per_hour else {})
    told = results.Run(question_set, wanted.label, manner, begun, now())
    return results.make(told, outcomes, wanted.cost_per_hour)


@contextmanager
def _askers(settings: Settings, wanted: Wanted) -> Iterator[Mapping[str, HttpAsker]]:
    """Everybody whose key or password is there; without any, the administrator of this machine."""
    keys, passwords = _logins(wanted.keys), _logins(wanted.people)
    with ExitStack() as opened:
        found = {login: opened.enter_context(_asker(settings, login, key)) for login, key in keys.items()}
        found |= {
            login: opened.enter_context(_signed_in(settings, login, password))
            for login, password in passwords.items()
        }
        if MYSELF not in found and not keys:
            found[MYSELF] = opened.enter_context(_administrator(settings))
        yield found


@contextmanager
def _asker(settings: Settings, login: str, key: str | None = None) -> Iterator[HttpAsker]:
    base = f"http://{settings.web.host}:{settings.web.port}"
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with httpx.Client(base_url=base, headers=headers, timeout=TIMEOUT, trust_env=False) as http:
        try:
            yield HttpAsker(http, login)
        except httpx.TransportError as error:
            raise errors.Unavailable(f"{base} does not answer: {error or type(error).__name__}") from error


@contextmanager
def _signed_in(settings: Settings, login: str, password: str) -> Iterator[HttpAsker]:
    with _asker(settings, login) as asker:
        asker.sign_in(password)
        try:
            yield asker
        finally:
            asker.http.delete("/api/v1/session")


@contextmanager
def _administrator(settings: Settings) -> Iterator[HttpAsker]:
    """The administrator of this machine."""
    admin = Credentials.load(settings.data_dir)
    with _signed_in(settings, admin.login, admin.password) as asker:
        yield asker


def _logins(file: Path | None) -> dict[str, str]:
    if file is None:
        return {}
    try:
        return LOGINS.validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise errors.InvalidRequest(f"{file} is no JSON object of logins: {error}") from error


def _keep(result: EvaluationResult) -> None:
    with _administrator(load_settings()) as asker:
        reply = asker.http.post(KEPT, json=result.model_dump(mode="json"))
        raise_problem(reply)
        console.print(f"kept as {reply.json()['id']}", highlight=False)


@app.command("list")
def list_kept() -> None:
    """The results that were kept, newest first."""
    complaining(_list)


def _list() -> None:
    table = Table("id", "kept", "set", "label", "release", "questions", box=None)
    with _administrator(load_settings()) as asker:
        for one in _pages(asker.http, KEPT):
            release = ", ".join(release_id[:12] for release_id in one["release_ids"])
            questions = one["totals"].get("failed", {}).get("questions", 0)
            told = (one["id"], one["kept_at"][:16], one["set_name"], one["label"], release, str(questions))
            table.add_row(*map(escape, told))
    console.print(table)


@app.command("from-feedback")
def from_feedback(out: Annotated[Path, typer.Argument(help="the set to write, JSONL")]) -> None:
    """Make a set of the answers that readers judged: thumbs up, and corrections."""
    complaining(_from_feedback, out)


def _from_feedback(out: Path) -> None:
    with _administrator(load_settings()) as asker:
        judged = list(_pages(asker.http, "/api/v1/feedback"))
    rows = [_row(one) for one in judged if one["answers"]]
    if not rows:
        raise errors.NotFound("Nobody has said yet what would be right: no thumb up, no correction")
    private_file.close(out)
    sets.write_set(out, rows)
    told = f"{len(rows)} questions written to {out}"
    left = len(judged) - len(rows)
    console.print(
        told + (f"; {left} without a right answer left out" if left else ""), markup=False, highlight=False
    )


def _row(one: dict[str, Any]) -> dict[str, Any]:
    """The cited document is the gold document only where the answer was right and there was but one."""
    right = [MARKS.sub("", answer) if one["is_good"] else answer for answer in one["answers"]]
    row = {"id": one["id"], "question": one["question"], "answers": right}
    is_sure = one["is_good"] and len(one["documents"]) == 1
    return row | ({"document": one["documents"][0]} if is_sure else {})


def _pages(http: httpx.Client, place: str) -> Iterator[dict[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        reply = http.get(place, params={"limit": 200, "cursor": cursor})
        raise_problem(reply)
        page = reply.json()
        yield from page["items"]
        cursor = page["next_cursor"]


@app.command()
def show(result: Path, report: ReportFile = None) -> None:
    """Print a result again, or make its page."""
    complaining(_show, result, report)


def _show(file: Path, report: Path | None) -> None:
    result = results.read(file)
    _print_result(result)
    _write_page(report, pages.report(result) if report else "")


@app.command()
def compare(first: Path, second: Path, report: ReportFile = None) -> None:
    """Two results of one set, two releases or settings: what is better, what is worse, with intervals."""
    complaining(_compare, first, second, report)


def _compare(first: Path, second: Path, report: Path | None) -> None:
    found = comparison.compare(results.read(first), results.read(second))
    table = Table("measure", "first", "second", "difference", "95 % interval", "pairs", "", box=None)
    for one in found.differences:
        values = (one.first, one.second, one.gain)
        interval = f"{pages.shown(one.measure, one.low)} to {pages.shown(one.measure, one.high)}"
        said = {"better": "[green]better[/]", "worse": "[red]worse[/]"}.get(one.said, one.said)
        told = [pages.shown(one.measure, value) for value in values]
        table.add_row(one.measure.name, *told, interval, str(one.pairs), said)
    console.print(table)
    if not found.is_whole:
        console.print(f"Only the {len(found.pairs)} questions that both asked are compared.")
    _write_page(report, pages.comparison(found) if report else "")


@app.command("gate")
def gate_command(result: Path, gate_file: Annotated[Path, typer.Argument(metavar="GATE")]) -> None:
    """Hold a result to the thresholds of a gate (TOML); exit code 1 where one is missed."""
    complaining(_gate, result, gate_file)


def _gate(result: Path, gate_file: Path) -> None:
    _judge(gate.decide(results.read(result), gate.read(gate_file)))


def _judge(decision: Decision) -> None:
    table = Table("measure", "wanted", "measured", "questions", "", box=None)
    for row in decision.rows:
        told = "[green]met[/]" if row.is_met else "[red]missed[/]"
        value = pages.shown(BY_NAME.get(row.name), row.value)
        table.add_row(row.name, row.wanted, value, str(row.questions), told)
    console.print(table)
    console.print("The gate is passed." if decision.is_passed else "The gate is not passed.")
    if not decision.is_passed:
        raise typer.Exit(1)


def _print_result(result: EvaluationResult) -> None:
    table = Table("measure", "value", "questions", "", box=None)
    for name, found in result.totals.items():
        measure = BY_NAME[name]
        table.add_row(name, pages.shown(measure, found.value), str(found.questions), measure.title)
    console.print(table)
    if len(result.release_ids) > 1:
        console.print("More than one release answered: these figures are of none of them.", style="red")


def _write_page(file: Path | None, page: str) -> None:
    if file is not None:
        private_file.write(file, page)
        console.print(f"page written to {file}", markup=False, highlight=False)
