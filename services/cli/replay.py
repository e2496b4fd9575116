"""`holdfast replay`: make an answer again and say whether it is the same, and if not, why."""

from typing import Annotated, Any

import typer
from rich.console import Console

from services.cli.client import Credentials, raise_problem, signed_in
from services.cli.complaints import complaining
from services.settings import running_settings

console = Console()
EXIT = {"identical": 0, "same_words": 0, "different": 1, "cannot": 2}
SPOKEN = {"identical": "identical", "same_words": "same words", "different": "different"}


def replay(answer_id: Annotated[str, typer.Argument(help="id of an answer of one's own")]) -> None:
    """Ask the model the same again; exits with 1 where the answer differs, with 2 where it cannot."""
    outcome = complaining(_replay, answer_id)
    _show(outcome)
    raise typer.Exit(EXIT[outcome["outcome"]])


def _replay(answer_id: str) -> dict[str, Any]:
    settings = running_settings()
    with signed_in(settings, Credentials.load(settings.data_dir)) as client:
        reply = client.post(f"/api/v1/answers/{answer_id}/replay")
        raise_problem(reply)
        outcome: dict[str, Any] = reply.json()
        return outcome


def _show(outcome: dict[str, Any]) -> None:
    if outcome["outcome"] == "cannot":
        _say(outcome["reason"])
        return
    _say(SPOKEN[outcome["outcome"]])
    _say(f"  prompt {'identical' if outcome['prompt_is_same'] else 'different'}")
    _say(f"  what the model said {SPOKEN[outcome['said']]}, what is shown {SPOKEN[outcome['shown']]}")
    if outcome["cause"]:
        _say(f"  cause: {outcome['cause']}. {outcome['reason']}")
    if outcome["changed_parts"]:
        _say(f"  release {outcome['release_then'][:12]} is now {outcome['release_now'][:12]}, other in: "
             + ", ".join(outcome["changed_parts"]))  # fmt: skip
    for line in outcome["diff"]:
        _say(line)


def _say(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
