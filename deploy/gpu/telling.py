"""The results as a table in Markdown and as a plot in SVG; nothing but the standard library draws here."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 360, 70, 50, 20
COLOURS = ("#1b5e9e", "#b5541c", "#2e7d32", "#6a3d9a")
NO_GPU = (
    "**Measured on a processor, to try the script: none of this says anything of a GPU.** No GPU was at hand "
    "for Holdfast's own figures."
)
Row = Mapping[str, Any]


def markdown(found: Row) -> str:
    """Host, memory plan against fact, streams, prefix cache and speculation."""
    parts = [f"# The engine on {found['host']['card'] or 'a processor'}\n"]
    if found["host"]["device"] != "cuda":
        parts.append(f"{NO_GPU}\n")
    asked = found["asked"]
    parts.append(
        f"Prompts of {asked['prompt_tokens']} tokens, answers of {asked['answer_tokens']}; vLLM "
        f"{found['host']['vllm']}, torch {found['host']['torch']}. Dummy weights are random: they say how "
        "fast, never how good.\n"
    )
    parts += [_memory(found["cases"]), _streams(found["cases"]), _gains(found["cases"])]
    return "\n".join(part for part in parts if part)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) if rows else ""


def _memory(cases: Sequence[Row]) -> str:
    rows = [
        [
            case["name"],
            _gib(case["plan"]["weights"]),
            _told(case["fact"]["weights_gib"], "{:.2f} GiB"),
            f"{case['plan']['kv_tokens']:,}",
            _told(case["fact"]["kv_tokens"], "{:,}"),
            _told(case["fact"]["kv_error"], "{:.1%}"),
        ]
        for case in cases
        if case.get("plan")
    ]
    return _table(("case", "weights planned", "loaded", "KV tokens planned", "had", "off by"), rows)


def _streams(cases: Sequence[Row]) -> str:
    rows = [
        [
            case["name"],
            str(one["streams"]),
            f"{one['tokens_per_s']:.1f}",
            f"{one['first_token_p50_s']:.2f} s",
            f"{one['first_token_p95_s']:.2f} s",
        ]
        for case in cases
        for one in case.get("loads", ())
    ]
    return _table(("case", "streams", "tokens/s together", "first token p50", "p95"), rows)


def _gains(cases: Sequence[Row]) -> str:
    rows = []
    for case in cases:
        if warm := case.get("prefix"):
            rows.append(
                [
                    case["name"],
                    f"first token {warm['cold_s']:.2f} s new, {warm['warm_s']:.2f} s with the prefix kept",
                ]
            )
        if gain := case.get("speculation"):
            rows.append([case["name"], f"{gain['without']:.1f} tokens/s without, {gain['with']:.1f} with"])
        if case.get("failed"):
            rows.append([case["name"], f"failed: {case['failed']}"])
    return _table(("case", "gain"), rows)


def _gib(size: int) -> str:
    return f"{size / 2**30:.2f} GiB"


def _told(value: Any, shape: str) -> str:
    return "not told" if value is None else shape.format(value)


def svg(cases: Sequence[Row]) -> str:
    """Tokens a second over streams, one line a case."""
    lines = {case["name"]: case["loads"] for case in cases if case.get("loads")}
    points = [one for loads in lines.values() for one in loads]
    if not points:
        return ""
    most = max(one["tokens_per_s"] for one in points) or 1.0
    streams = sorted({one["streams"] for one in points})
    places = {
        count: LEFT + index * (WIDTH - LEFT - 160) / max(1, len(streams) - 1)
        for index, count in enumerate(streams)
    }

    def spot(one: Row) -> str:
        height = HEIGHT - BOTTOM - one["tokens_per_s"] / most * (HEIGHT - BOTTOM - TOP)
        return f"{places[one['streams']]:.1f},{height:.1f}"

    drawn = [_axes(places, most)]
    for number, (name, loads) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        drawn.append(
            f'<polyline fill="none" stroke="{colour}" points="{" ".join(map(spot, loads))}"/>'
            f'<text x="{WIDTH - 150}" y="{TOP + 20 * (number + 1)}" fill="{colour}">{escape(name)}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="13"><title>Tokens a second over streams</title>{"".join(drawn)}</svg>\n'
    )


def _axes(places: Mapping[int, float], most: float) -> str:
    base = HEIGHT - BOTTOM
    marks = "".join(
        f'<text x="{place:.1f}" y="{base + 20}" text-anchor="middle">{count}</text>'
        for count, place in places.items()
    )
    high = base - TOP
    scale = "".join(
        f'<text x="{LEFT - 8}" y="{base - share * high:.1f}" text-anchor="end">{most * share:.0f}</text>'
        for share in (0, 0.5, 1)
    )
    return (
        f'<path d="M{LEFT} {TOP}V{base}H{WIDTH - 160}" fill="none" stroke="#444"/>{marks}{scale}'
        f'<text x="{(LEFT + WIDTH - 160) / 2}" y="{HEIGHT - 8}" text-anchor="middle">streams</text>'
    )
