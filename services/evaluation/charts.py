"""Charts of results as SVG that stands on its own; only our own titles are written into them."""

import re
from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any

from services.evaluation.comparison import Difference
from services.evaluation.measures import BY_NAME
from services.evaluation.results import EvaluationResult

INK, QUIET, GOOD, BAD = "#1f4e79", "#5a6675", "#1d7a46", "#a12622"
COLOURS = {"better": GOOD, "worse": BAD}
preamble = re.compile(r"^.*?(?=<svg )", re.S)
metadata = re.compile(r"<metadata>.*?</metadata>", re.S)


def shares(result: EvaluationResult) -> str:
    """Every share of the set as a bar from 0 to 1."""
    found = [(BY_NAME[name], one.value) for name, one in result.totals.items() if one.value is not None]
    bars = [(measure.title, value) for measure, value in found if measure.unit == "share"]
    if not bars:
        return ""

    def draw(axes: Any) -> None:
        drawn = axes.barh([title for title, _ in bars], [value for _, value in bars], color=INK)
        axes.bar_label(drawn, fmt="{:.0%}", padding=3, color=QUIET, fontsize=8)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.1)
        axes.xaxis.set_visible(False)

    return _svg("Of the questions that it applies to", 0.5 + 0.3 * len(bars), draw)


def seconds(result: EvaluationResult) -> str:
    """How long answers took, question by question, in order."""
    names = ("first_token_s", "first_sentence_s", "total_s")
    series = {
        name: sorted(score for one in result.asked if (score := one.scores.get(name)) is not None)
        for name in names
    }
    if not any(series.values()):
        return ""

    def draw(axes: Any) -> None:
        for (name, values), line in zip(series.items(), ("dotted", "dashed", "solid"), strict=True):
            heights = [(place + 1) / len(values) for place in range(len(values))]
            axes.step(values, heights, where="post", color=INK, linestyle=line, label=BY_NAME[name].title)
        axes.set_ylim(0, 1.02)
        axes.set_xlim(left=0)
        axes.legend(fontsize=7, frameon=False, loc="lower right")

    return _svg("Share of the answers that were there after so many seconds", 2.6, draw)


def differences(found: Sequence[Difference]) -> str:
    """The second minus the first with its interval, for every share."""
    rows = [one for one in found if one.measure.unit == "share"]
    if not rows:
        return ""

    def draw(axes: Any) -> None:
        for place, one in enumerate(rows):
            colour = COLOURS.get(one.said, QUIET)
            axes.plot([one.low, one.high], [place, place], color=colour)
            axes.plot([one.gain], [place], "o", color=colour, markersize=4)
        axes.axvline(0, color=QUIET, linewidth=0.8)
        axes.set_yticks(range(len(rows)), [one.measure.title for one in rows])
        axes.invert_yaxis()

    return _svg("Second minus first, with 95 % intervals", 0.6 + 0.3 * len(rows), draw)


def _svg(title: str, height: float, draw: Callable[[Any], None]) -> str:
    # A second of start-up and a cache of fonts that no other part should pay for.
    from matplotlib import rc_context  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    with rc_context({"svg.fonttype": "path", "svg.hashsalt": title}):
        figure = Figure(figsize=(7.2, height), layout="constrained")
        axes = figure.subplots()
        draw(axes)
        axes.set_title(title, loc="left", fontsize=10, color=QUIET)
        axes.tick_params(length=0, labelsize=8, labelcolor=QUIET)
        axes.spines[:].set_visible(False)
        written = StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    return metadata.sub("", preamble.sub("", written.getvalue()))
