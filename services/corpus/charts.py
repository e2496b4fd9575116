"""Bar charts as SVG that stands on its own: no fonts, scripts or addresses to load."""

import re
from collections.abc import Sequence
from io import StringIO

from services.corpus.schemas import Bar

MOST_BARS = 12
INK, QUIET = "#1f4e79", "#5a6675"
preamble = re.compile(r"^.*?(?=<svg )", re.S)
metadata = re.compile(r"<metadata>.*?</metadata>", re.S)


def bar_chart(bars: Sequence[Bar], title: str) -> str:
    """Horizontal bars with their counts, the largest kinds only; "" where there is nothing to show."""
    # A second of start-up and a cache of fonts that no other process part should pay for.
    from matplotlib import rc_context  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    shown = list(bars[:MOST_BARS])
    if not any(bar.count for bar in shown):
        return ""
    with rc_context({"svg.fonttype": "path", "svg.hashsalt": title}):
        figure = Figure(figsize=(5.2, 0.5 + 0.3 * len(shown)), layout="constrained")
        axes = figure.subplots()
        drawn = axes.barh([bar.label for bar in shown], [bar.count for bar in shown], color=INK)
        axes.bar_label(drawn, fmt="{:,.0f}", padding=3, color=QUIET, fontsize=8)
        axes.invert_yaxis()
        axes.set_title(title, loc="left", fontsize=10, color=QUIET)
        axes.tick_params(length=0, labelsize=8, labelcolor=QUIET)
        axes.xaxis.set_visible(False)
        axes.spines[:].set_visible(False)
        axes.margins(x=0.12)
        written = StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    return metadata.sub("", preamble.sub("", written.getvalue()))
