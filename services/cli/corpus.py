"""`holdfast corpus report`: is what we have fit to answer from?"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from services.cli.client import Credentials, raise_problem, signed_in
from services.cli.complaints import complaining
from services.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="The corpus: what is wrong with it, and what to fix first.")
console = Console()
Form = Literal["text", "json", "html"]


@app.callback()
def corpus() -> None:
    """The corpus: what is wrong with it, and what to fix first."""


@app.command()
def report(
    out: Annotated[Path | None, typer.Option(help="write it here; .html or .json tell the form")] = None,
    form: Annotated[Form | None, typer.Option("--format", help="text, json or html")] = None,
    collection: Annotated[str | None, typer.Option(help="only this collection")] = None,
    stale_days: Annotated[int, typer.Option(help="from this age on a document is stale")] = 365,
) -> None:
    """What is unreadable, contradictory, copied, old or without readers, in the order to fix it."""
    wanted = form or ("html" if out and out.suffix in (".html", ".htm") else "json" if out else "text")
    asked = {"stale_days": stale_days} | ({"collection": collection} if collection else {})
    complaining(_report, out, wanted, asked)


def _report(out: Path | None, form: str, asked: dict[str, Any]) -> None:
    settings = load_settings()
    with signed_in(settings, Credentials.load(settings.data_dir)) as client:
        answer = "html" if form == "html" else "json"
        reply = client.get("/api/v1/corpus/report", params=asked | {"format": answer})
        raise_problem(reply)
    text = reply.text if form == "html" else json.dumps(reply.json(), indent=1, ensure_ascii=False)
    if form == "text":
        text = _in_words(reply.json())
    if out is None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)
        return
    out.write_text(text)
    console.print(f"written to {out}", markup=False, highlight=False)


def _in_words(made: dict[str, Any]) -> str:
    lines = [f"{made['documents']} documents, {made['answering']} answering, {made['tokens']} tokens"]
    for finding in made["findings"]:
        lines.append(
            f"{finding['severity']:6} {finding['count']:6} {finding['title']}. {finding['what_to_do']}"
        )
        lines += [f"              {one['collection']}: {one['name']}" for one in finding["examples"]]
    if not made["findings"]:
        lines.append("Nothing was found that needs fixing.")
    return "\n".join(lines)
