"""`holdfast models quantize`: a model made small on the company's own texts, with a report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from services import errors
from services.cli import candidate_lock, collection_texts, models_runs, served_release
from services.cli.complaints import complaining
from services.engine.model_store import ModelStore
from services.engine.orders import Order, Recipe, read_texts
from services.release import Generator
from services.settings import Settings

if TYPE_CHECKING:  # it draws with a plotting library that the other commands can do without
    from services.engine.reports import Report

console = Console()


def quantize(
    model: Annotated[str, typer.Argument(help="name or folder, as `models list` shows it")],
    *,
    calibrate: Annotated[str, typer.Option(help="collection:NAME, file:ROWS.jsonl, or shipped (--as-run)")],
    method: Annotated[str, typer.Option(help="gptq, awq, or rtn (round-to-nearest, the baseline)")] = "gptq",
    bits: Annotated[int, typer.Option(help="4 or 8")] = 4,
    group_size: Annotated[int, typer.Option(help="weights to a scale; -1 per channel, 0 per tensor")] = 128,
    symmetric: Annotated[bool, typer.Option(help="no zero points")] = True,
    activation_bits: Annotated[int, typer.Option(help="8: INT8 inputs with a scale per token")] = 16,
    smoothing: Annotated[float, typer.Option(min=0, max=1, help="SmoothQuant's strength; 0: none")] = 0.0,
    keep_budget: Annotated[float, typer.Option(min=0, help="growth allowed to keep layers wider")] = 0.0,
    kept_bits: Annotated[int, typer.Option(help="8 or 16, for the layers kept")] = 16,
    samples: Annotated[int, typer.Option(min=1)] = 64,
    sample_tokens: Annotated[int, typer.Option(min=8)] = 512,
    seed: int = 7,
    threads: Annotated[int, typer.Option(min=1, help="fixed: more threads give other bytes")] = 1,
    into: Annotated[Path | None, typer.Option(help="write a candidate lock with the result")] = None,
    base: Annotated[Path | None, typer.Option(help="lock to take all other parts from")] = None,
    as_run: Annotated[bool, typer.Option(help="let the running Holdfast work on it")] = False,
) -> None:
    """Quantize a model on your own documents; Ctrl-C ends it, the same command goes on."""
    recipe = Recipe(
        method=method,
        bits=bits,
        group_size=group_size,
        symmetric=symmetric,
        samples=samples,
        sample_tokens=sample_tokens,
        seed=seed,
        threads=threads,
        activation_bits=activation_bits,
        smoothing=smoothing,
        budget=keep_budget,
        kept_bits=kept_bits,
    )
    if as_run:
        complaining(models_runs.request, model, recipe, calibrate)
        return
    settings = served_release.load()
    texts = complaining(_texts, settings, calibrate)
    generator, report = complaining(_run, settings, Order(model, recipe, texts))
    _tell(settings, generator, report)
    if into is not None:
        complaining(candidate_lock.write, settings, generator, base, into)


def _texts(settings: Settings, calibrate: str) -> tuple[str, ...]:
    kind, _, name = calibrate.partition(":")
    if kind == "file" and name:
        return read_texts(Path(name))
    if kind == "collection" and name:
        return collection_texts.read(settings, name)
    raise errors.InvalidRequest(f"{calibrate}: name collection:NAME or file:PATH")


def _run(settings: Settings, order: Order) -> tuple[Generator, "Report"]:
    from services.engine import quantizing  # noqa: PLC0415  (see above)

    columns = (TextColumn("{task.description:12}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as shown:
        bar = shown.add_task("starting", total=None)

        def tell(stage: str, done: int, total: int) -> None:
            shown.update(bar, description=stage, completed=done, total=total or None)

        return quantizing.quantize(settings, order, tell)


def _tell(settings: Settings, generator: Generator, report: "Report") -> None:
    store = ModelStore(settings.models_root)
    console.print(f"{generator.served_name}: {report.verdict}", style="red" if report.is_bad else "green")
    console.print(
        f"  perplexity {report.perplexity_before:.3f} → {report.perplexity_after:.3f}", highlight=False
    )
    console.print(f"  {store.root / generator.folder}", markup=False, highlight=False)
    console.print(f"  {store.report_folder(generator.folder) / 'report.html'}", markup=False, highlight=False)
