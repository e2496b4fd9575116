"""The report of a quantization: JSON, Markdown and one HTML page with its plots, kept beside the weights."""

import io
import json
from dataclasses import asdict, dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

from services import errors
from services.engine import launch
from services.engine.model_store import ModelStore
from services.release import Generator

SMALL_RISE, LARGE_RISE = 0.01, 0.03
REPORT, PAGE = "report.json", "report.html"


@dataclass(frozen=True, slots=True)
class Report:
    """What was made, from what, and what it costs in likeness; sizes are bytes, rises are shares."""

    model: str
    label: str
    recipe: dict[str, Any]
    calibration: str
    sensitivity: tuple[tuple[str, float], ...]
    kept: tuple[str, ...]
    bytes_before: int
    bytes_after: int
    linear_before: int
    linear_after: int
    kv_bytes_per_token: int
    perplexity_before: float
    perplexity_after: float
    rise: float
    rise_low: float
    rise_high: float
    agreement: float
    held_out_tokens: int

    @property
    def verdict(self) -> str:
        """One plain sentence; a loss that the interval does not show is not called one."""
        if self.rise_low <= 0 <= self.rise_high:
            return "No difference in perplexity is shown on these texts."
        if self.rise < 0:
            return "Perplexity falls on these texts; evaluate before that is believed."
        if self.rise <= SMALL_RISE:
            return "A small loss: perplexity rises by no more than 1 %."
        if self.rise <= LARGE_RISE:
            return "A loss to weigh: perplexity rises by 1 to 3 %; evaluate before it is served."
        return (
            "A large loss: perplexity rises by more than 3 %; keep sensitive layers wider or use more bits."
        )

    @property
    def is_bad(self) -> bool:
        return self.rise > LARGE_RISE and not self.rise_low <= 0 <= self.rise_high

    def as_table(self) -> dict[str, Any]:
        return asdict(self) | {"verdict": self.verdict}


def rows(report: Report) -> list[tuple[str, str]]:
    """Name and value of each line, as both the Markdown and the page show them."""
    recipe = report.recipe
    form = "symmetric" if recipe["symmetric"] else "asymmetric"
    grouped = {0: "one scale per tensor (uniform)", -1: "one scale per channel"}.get(
        recipe["group_size"], f"groups of {recipe['group_size']}"
    )
    return [
        ("Model", report.model),
        ("Earlier loss", report.label or "none known"),
        ("Method", f"{recipe['method']}, {recipe['bits']} bits, {grouped}, {form}"),
        ("Activations", f"{recipe['activation_bits']} bits"),
        ("Kept wider", ", ".join(report.kept) or "nothing"),
        ("Calibration", f"{recipe['samples']} samples, sha256 {report.calibration}"),
        ("Weights", f"{_mb(report.bytes_before)} → {_mb(report.bytes_after)}"),
        ("Linear weights", f"{report.linear_after / report.linear_before:.3f} of before, scales included"),
        ("Keys and values", f"{report.kv_bytes_per_token} bytes a token, as before"),
        ("Perplexity", f"{report.perplexity_before:.3f} → {report.perplexity_after:.3f}"),
        (
            "Rise",
            f"{report.rise:+.2%} (95 % {report.rise_low:+.2%} to {report.rise_high:+.2%}, paired bootstrap)",
        ),
        ("Next token as before", f"{report.agreement:.1%} of {report.held_out_tokens} places"),
        ("Speed and energy", "not measured by this report: see `make bench-models`"),
    ]


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def as_markdown(report: Report) -> str:
    table = "".join(f"| {name} | {value} |\n" for name, value in rows(report))
    worst = "".join(f"| `{unit}` | {error:.5f} |\n" for unit, error in report.sensitivity[:10])
    return (
        f"# Quantization report\n\n**{report.verdict}**\n\n| | |\n|---|---|\n{table}\n"
        f"## Most sensitive layers\n\n| layers | share of the output changed |\n|---|---|\n{worst}"
    )


def as_html(report: Report) -> str:
    table = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows(report)
    )
    colour = "#b00020" if report.is_bad else "#1b5e20"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Quantization report</title>'
        "<style>body{font:16px sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
        "th{text-align:left;padding-right:2rem;vertical-align:top}</style><h1>Quantization report</h1>"
        f'<p style="color:{colour};font-weight:bold">{escape(report.verdict)}</p><table>{table}</table>'
        f"<h2>Sensitivity</h2>{sensitivity_plot(report)}</html>\n"
    )


def sensitivity_plot(report: Report) -> str:
    """SVG: each unit's output error when it alone is rounded, in the order of the model."""
    import matplotlib  # noqa: PLC0415  (slow to import, and every api would)
    from matplotlib.figure import Figure  # noqa: PLC0415

    shares = [error for _, error in report.sensitivity]
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.add_subplot()
    axes.bar(range(len(shares)), shares, color="#3b5b92")
    axes.set_yscale("log")
    axes.set_xlabel("fused layers, most sensitive first")
    axes.set_ylabel("share of the output changed")
    drawn = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "holdfast", "svg.fonttype": "none"}):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    return drawn.getvalue().partition("?>")[2].partition(">")[2]


def find(store: ModelStore, folder: str) -> Report | None:
    """The report of the model in `folder`; None where it was not made here, or by another version."""
    try:
        table = json.loads((store.report_folder(folder) / REPORT).read_text(encoding="utf-8"))
        table.pop("verdict")
        pairs = tuple((unit, float(error)) for unit, error in table["sensitivity"])
        return Report(**(table | {"sensitivity": pairs, "kept": tuple(table["kept"])}))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def page(store: ModelStore, model: str) -> str:
    """The page as it was made, by the model's name or folder; errors.NotFound where there is none."""
    folder = store.report_folder(store.generator(model).folder)
    try:
        return (folder / PAGE).read_text(encoding="utf-8")
    except OSError as error:
        raise errors.NotFound("There is no report of such a model here") from error


def keep(store: ModelStore, output: Path, generator: Generator, report: Report) -> Generator:
    """Put the model in with its report beside it; the record names the report's digest."""
    folder = store.report_folder(generator.folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report.as_table(), indent=1, ensure_ascii=False) + "\n"
    (folder / REPORT).write_text(text, encoding="utf-8")
    (folder / "report.md").write_text(as_markdown(report), encoding="utf-8")
    (folder / PAGE).write_text(as_html(report), encoding="utf-8")
    named = replace(generator.quantization, report=launch.sha256_of(folder / REPORT))
    kept = replace(generator, quantization=named)
    store.adopt(output, kept)
    return kept
