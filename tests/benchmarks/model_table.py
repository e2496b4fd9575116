"""The table of forms, and what the literature claims beside what was measured; Markdown and named figures."""

from collections.abc import Callable, Sequence

from tests.benchmarks import intervals, model_items
from tests.benchmarks.model_forms import CONTEXT, GROUP_SIZE, TITLES, Form
from tests.benchmarks.model_items import Item, Kept
from tests.quality.figures import Figure

COMMAND = "make bench-models"
NO_ENERGY = "not measurable here"
NOTES = (
    f"All 4-bit forms are symmetric in groups of {GROUP_SIZE}; the 8-bit one has a scale a channel and INT8 "
    "activations, as the INT8 kernels want it. The source is Q4_1 already (a 4-bit grid was on these weights "
    "before), so rounding again costs less here than on weights never quantized. fp32 is the bf16 weights, "
    "stored and computed in fp32. Perplexity is of texts that no calibration saw; its rise is against bf16 "
    "with a paired bootstrap. Items: writing / reasoning / language understanding / entities, 12 of each. "
    "Speed: vLLM on this machine's processor, one stream, prompts of about 450 tokens, no speculation."
)
HEAD = (
    "form",
    "on disk",
    "linear weights",
    f"weights + KV of {CONTEXT} tokens",
    "perplexity",
    "rise (95 %)",
    "next token as bf16",
    "items right of 12 each",
    "accuracy kept (95 %)",
    "answers as bf16",
    "tokens/s (95 %)",
    "first token",
    "energy per 1,000 tokens",
)


def figures_of(forms: Sequence[Form], items: Sequence[Item]) -> list[Figure]:
    """The named figures, as far as their forms were measured."""
    by_name = {form.name: form for form in forms}
    found = [
        _ratio("model_bytes_ratio_bf16", by_name, ("gptq4", "bf16"), lambda form: form.size, ""),
        _ratio("model_bytes_ratio_fp32", by_name, ("gptq4", "fp32"), lambda form: form.size, ""),
        _ratio("linear_weight_bytes_ratio", by_name, ("gptq4", "bf16"), lambda form: form.linear, "≤ 0.30"),
        _ratio("q4_tokens_per_s_ratio", by_name, ("gptq4", "bf16"), tokens_per_s, ""),
        _ratio("q8_tokens_per_s_ratio", by_name, ("w8a8", "bf16"), tokens_per_s, ""),
        _kept_figure(by_name, items),
        _rise_ratio(by_name),
    ]
    return [figure for figure in found if figure is not None]


def tokens_per_s(form: Form) -> float:
    return intervals.median(form.speed.tokens_per_s).value if form.speed else float("nan")


def first_token_s(form: Form) -> float:
    return intervals.median(form.speed.first_token_s).value if form.speed else float("nan")


Value = Callable[[Form], float]


def _ratio(
    name: str, forms: dict[str, Form], pair: tuple[str, str], value: Value, target: str
) -> Figure | None:
    if not forms.keys() >= set(pair):
        return None
    over, under = (value(forms[one]) for one in pair)
    detail = f"{pair[0]} {over:.6g}, {pair[1]} {under:.6g}"
    return Figure(name, round(over / under, 4), "ratio", target, COMMAND, detail)


def _kept_figure(forms: dict[str, Form], items: Sequence[Item]) -> Figure | None:
    found = kept(forms.get("gptq4"), forms.get("bf16"), items)
    if found is None:
        return None
    detail = f"gptq4 against bf16, {len(items)} items; 95 % {found.low:.3f} to {found.high:.3f}"
    return Figure("q4_accuracy_kept", round(found.value, 4), "share", "", COMMAND, detail)


def kept(form: Form | None, original: Form | None, items: Sequence[Item]) -> Kept | None:
    """None where one of them was not asked."""
    if form is None or original is None or not (form.said and original.said):
        return None
    return model_items.kept(items, original.said, form.said)


def _rise_ratio(forms: dict[str, Form]) -> Figure | None:
    """The better of GPTQ and AWQ against round-to-nearest; a target only where that one rises by 1 %."""
    if not forms.keys() >= {"rtn4", "gptq4", "awq4"}:
        return None
    base, best = forms["rtn4"].rise.value, min(forms["gptq4"].rise.value, forms["awq4"].rise.value)
    target = "≤ 0.5" if base >= 0.01 else ""
    detail = f"rises: rtn {base:.2%}, best of gptq and awq {best:.2%}"
    ratio = round(best / base, 4) if base else float("nan")
    return Figure("ppl_rise_ratio_to_rtn", ratio, "ratio", target, COMMAND, detail)


def table_of(forms: Sequence[Form], items: Sequence[Item]) -> str:
    """Markdown, one row a form."""
    original = next(form for form in forms if form.name == "bf16")
    rows = [HEAD, ("---",) * len(HEAD), *(_row(form, original, items) for form in forms)]
    return _lines(rows)


def _lines(rows: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(form: Form, original: Form, items: Sequence[Item]) -> tuple[str, ...]:
    rise = form.rise
    shown = "" if rise.is_shown else ", no difference shown"
    against = "-" if form is original else f"{rise.value:+.2%} ({rise.low:+.2%} to {rise.high:+.2%}){shown}"
    return (
        TITLES[form.name],
        f"{form.size / 1e6:.1f} MB ({form.size / original.size:.2f})",
        f"{form.linear / 1e6:.1f} MB ({form.linear / original.linear:.2f})",
        f"{(form.size + form.kv) / 1e6:.0f} MB",
        f"{form.windows.perplexity:.3f}",
        against,
        f"{form.windows.agreement:.1%}",
        *_asked(form, original, items),
        *_speeds(form),
    )


def _asked(form: Form, original: Form, items: Sequence[Item]) -> tuple[str, str, str]:
    if not form.said:
        return (form.refused or "not measured",) * 3
    found = kept(form, original, items)
    share = f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%})" if found else "not measured"
    same = f"{model_items.agreement(original.said, form.said):.0%}" if original.said else "not measured"
    return model_items.counts(model_items.right(items, form.said)), share, same


def _speeds(form: Form) -> tuple[str, str, str]:
    if form.speed is None:
        return (form.refused or "not measured",) * 3
    written, first = intervals.median(form.speed.tokens_per_s), intervals.median(form.speed.first_token_s)
    energy = energy_per_1000(form)
    return (
        f"{written.value:.1f} ({written.low:.1f} to {written.high:.1f})",
        f"{first.value * 1000:.0f} ms",
        NO_ENERGY if energy is None else f"{energy:.0f} J",
    )


def energy_per_1000(form: Form) -> float | None:
    speed = form.speed
    return 1000 * speed.joules / speed.tokens if speed and speed.joules is not None and speed.tokens else None


def claims_of(forms: Sequence[Form], items: Sequence[Item]) -> str:
    """Markdown: what the literature claims of 4 (and 8) bits, and what came out here, where it misses too."""
    by_name = {form.name: form for form in forms}
    rows: list[tuple[str, ...]] = [("the literature says", "measured here", ""), ("---",) * 3]
    if by_name.keys() >= {"bf16", "fp32", "gptq4"}:
        rows += _size_claims(by_name)
        rows.append(_speed_claim(by_name["gptq4"], by_name["bf16"]))
        rows.append(_capability_claim(by_name["gptq4"], by_name["bf16"], items, 0.95))
        rows.append(_energy_claim(by_name["gptq4"], by_name["bf16"]))
    for name, most in (("gptq4", 0.01), ("w8a8", 0.03)):
        if by_name.keys() >= {"bf16", name}:
            rows.append(_accuracy_claim(by_name[name], by_name["bf16"], items, most))
    return _lines(rows)


def _size_claims(forms: dict[str, Form]) -> list[tuple[str, str, str]]:
    four = forms["gptq4"]
    told = (
        ("whole file, against fp32", 1 - four.size / forms["fp32"].size),
        ("whole file, against bf16", 1 - four.size / forms["bf16"].size),
        ("linear weights with their scales, against bf16", 1 - four.linear / forms["bf16"].linear),
    )
    return [
        (f"75 % smaller ({what})", f"{share:.1%} smaller", "reached" if share >= 0.75 else "missed")
        for what, share in told
    ]


def _speed_claim(four: Form, original: Form) -> tuple[str, str, str]:
    if four.speed is None or original.speed is None:
        return "20 to 40 % faster", "not measured", ""
    faster = tokens_per_s(four) / tokens_per_s(original) - 1
    sooner = first_token_s(four) / first_token_s(original) - 1
    told = f"tokens/s {faster:+.0%}, time to the first token {sooner:+.0%}, against bf16"
    return "20 to 40 % faster", told, "reached" if faster >= 0.2 else "missed"


def _capability_claim(
    four: Form, original: Form, items: Sequence[Item], least: float
) -> tuple[str, str, str]:
    found, claim = kept(four, original, items), f"over {least:.0%} of capability kept (4 bits)"
    if found is None:
        return claim, "not measured", ""
    return claim, _told(found, items), _judged(found, least)


def _accuracy_claim(form: Form, original: Form, items: Sequence[Item], most: float) -> tuple[str, str, str]:
    bits = "4 bits" if form.name == "gptq4" else "8 bits"
    claim = f"under {most:.0%} of accuracy lost ({bits})"
    found = kept(form, original, items)
    if found is None:
        return claim, "not measured", ""
    told = f"{_told(found, items)}; perplexity {form.rise.value:+.2%}"
    return claim, told, _judged(found, 1 - most)


def _told(found: Kept, items: Sequence[Item]) -> str:
    return f"{found.value:.1%} kept (95 % {found.low:.1%} to {found.high:.1%}, {len(items)} items)"


def _judged(found: Kept, least: float) -> str:
    """With few items an interval often holds both: then neither is said."""
    if found.low >= least:
        return "reached"
    return "missed" if found.high < least else "not decided by so few items"


def _energy_claim(four: Form, original: Form) -> tuple[str, str, str]:
    used = energy_per_1000(four), energy_per_1000(original)
    if used[0] is None or not used[1]:
        return "30 % less energy", NO_ENERGY, ""
    less = 1 - used[0] / used[1]
    return "30 % less energy", f"{less:.0%} less per 1,000 tokens", "reached" if less >= 0.3 else "missed"
