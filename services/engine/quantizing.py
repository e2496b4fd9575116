"""Quantize a model of this machine: the quantize environment does the work, here it is ordered and taken in.

What is made lies in `MODELS/quantizing-<id>` until it is whole; the id is the digest of everything that
decides the result, so the same order goes on after a broken one and never makes twice what is there.
The texts lie there only as long as they are needed; a folder is one process's at a time.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from services import errors
from services.engine import fidelity, gguf, launch, memory, model_files, reports
from services.engine.fidelity import Windows
from services.engine.model_store import ModelStore
from services.engine.orders import Order, Recipe
from services.engine.reports import Report
from services.release import Generator, Quantization
from services.settings import QUIET, Settings, inherited_environment

SCRIPTS = ("quantize.py", "methods.py", "rounding.py", "sensitivity.py")
ROOT = Path(__file__).parents[2]
ROWS = ("calibration.jsonl", "held-out.jsonl")
HELD = "held"
ENDED_LOOK_S = 0.5
Tell = Callable[[str, int, int], None]


def quantize(
    settings: Settings, order: Order, tell: Tell, stop: threading.Event | None = None
) -> tuple[Generator, Report]:
    """Calibrate, scale, round, measure on held-out texts, and take the result in with its report.

    Once `stop` is set the work is ended and errors.Conflict raised.
    """
    order.recipe.require_sound()
    python = gguf.require_python(settings.release.quantize_python)
    store = ModelStore(settings.models_root)
    source = store.generator(order.model)
    if source.quantization.bits < 16:
        raise errors.InvalidRequest(f"{order.model} is quantized already: quantize the unquantized model")
    folder = _work_folder(store, source, order)
    work = _Work(python, store.root / source.folder, folder, order.recipe, stop or threading.Event())
    with held(folder):
        try:
            calibration = work.write_rows(order)
            made = _made_before(store, source, order, calibration)
            if made is None:
                work.make(tell)
                windows = work.measure(tell)
        finally:
            work.remove_rows()
        if made is None:
            generator = _describe(work, source, calibration)
            report = _report(work, source, generator, windows)
            made = reports.keep(store, work.output, generator, report), report
        shutil.rmtree(folder)
    return made


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """This process's alone; errors.Conflict where another works in it. Ends with the process, however."""
    with (folder / HELD).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise errors.Conflict("The very same quantization is being worked on") from error
        yield


def forget_abandoned(store: ModelStore) -> None:
    """Remove the texts that a killed process left; what it had made so far stays to go on from."""
    for folder in store.root.glob("quantizing-*"):
        with contextlib.suppress(errors.Conflict, FileNotFoundError), held(folder):
            for name in ROWS:
                (folder / name).unlink(missing_ok=True)


def _made_before(
    store: ModelStore, source: Generator, order: Order, calibration: str
) -> tuple[Generator, Report] | None:
    """What the same order made, where it is whole with its report."""
    wanted = (_recipe_digest(order.recipe), calibration, _source_name(source))
    for generator in store.generators():
        form = generator.quantization
        report = reports.find(store, generator.folder)
        if (form.recipe, form.calibration, form.source) == wanted and report is not None:
            return generator, report
    return None


def _recipe_digest(recipe: Recipe) -> str:
    return launch.digest_of([asdict(recipe), [launch.sha256_of(gguf.SCRIPTS / name) for name in SCRIPTS]])


def _source_name(source: Generator) -> str:
    return f"{source.repository}@{source.revision} {source.digest}"


def _work_folder(store: ModelStore, source: Generator, order: Order) -> Path:
    scripts = [launch.sha256_of(gguf.SCRIPTS / name) for name in SCRIPTS]
    decides = [source.digest, asdict(order.recipe), sorted(set(order.texts)), scripts]
    folder = store.root / f"quantizing-{launch.digest_of(decides)[: launch.SHORT]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass(frozen=True, slots=True)
class _Work:
    """One order's folder: rows, recipe, what was found, and the output once it is whole."""

    python: Path
    source: Path
    folder: Path
    recipe: Recipe
    stop: threading.Event

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def write_rows(self, order: Order) -> str:
        """Digest of the rows that are calibrated on."""
        for name, texts in zip(ROWS, order.split(), strict=True):
            rows = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
            (self.folder / name).write_text(rows, encoding="utf-8")
        (self.folder / "recipe.json").write_text(json.dumps(asdict(self.recipe)), encoding="utf-8")
        return launch.sha256_of(self.folder / ROWS[0])

    def remove_rows(self) -> None:
        for name in ROWS:
            (self.folder / name).unlink(missing_ok=True)

    def make(self, tell: Tell) -> None:
        """Quantize into a folder beside, then switch; a whole output of an earlier try is kept."""
        if self.output.is_dir():
            return
        draft = self.folder / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        named = {
            "--model": self.source,
            "--calibration": self.folder / ROWS[0],
            "--recipe": self.folder / "recipe.json",
            "--output": draft,
            "--told": self.folder / "told.json",
        }
        words = [str(word) for pair in named.items() for word in pair]
        for row in self._lines(["-m", "deploy.quantize.quantize", *words]):
            tell(row["stage"], row["done"], row["total"])
        draft.rename(self.output)

    def measure(self, tell: Tell) -> tuple[Windows, Windows]:
        """The original and the result on the held-out rows."""
        tell("measuring", 0, 2)
        words = ["--original", str(self.source), "--rows", str(self.folder / ROWS[1])]
        words += ["--threads", str(self.recipe.threads), str(self.output)]
        rows = list(self._lines(["-m", "deploy.quantize.fidelity", *words]))
        before, after = (_windows(row) for row in rows)
        return before, after

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "told.json").read_text(encoding="utf-8"))
        return found

    def _lines(self, words: Sequence[str]) -> Iterator[dict[str, Any]]:
        """What the script tells, line by line; it ends with us, and its last words explain a failure."""
        variables = inherited_environment() | QUIET | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
        log = self.folder / "log.txt"
        with log.open("wb") as complaints:
            process = subprocess.Popen(
                [str(self.python), *words],
                env=variables,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
                start_new_session=True,
            )
        threading.Thread(target=_end_when, args=(self.stop, process), daemon=True).start()
        try:
            yield from (json.loads(line) for line in process.stdout or () if line.startswith("{"))
            status = process.wait()
            if self.stop.is_set():
                raise errors.Conflict("The quantization was stopped")
            if status != 0:
                last = (log.read_text(errors="replace").strip().splitlines() or ["no reason given"])[-1]
                raise errors.InvalidRequest(f"quantizing ended with an error: {last} (all of it in {log})")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout:
                process.stdout.close()


def _end_when(stop: threading.Event, process: subprocess.Popen[str]) -> None:
    """Kill the child and what it started once `stop` is set."""
    while process.poll() is None:
        if stop.wait(ENDED_LOOK_S):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            return


def _windows(row: dict[str, Any]) -> Windows:
    return fidelity.Windows(tuple(row["nll"]), tuple(row["tokens"]), tuple(row["same"]))


def _describe(work: _Work, source: Generator, calibration: str) -> Generator:
    recipe = work.recipe
    form = f"w{recipe.bits}a{recipe.activation_bits}"
    mixed = "-mixed" if work.told()["kept"] else ""
    quantization = Quantization(
        method=recipe.method + mixed,
        bits=recipe.bits,
        group_size=recipe.group_size,
        recipe=_recipe_digest(recipe),
        calibration=calibration,
        source=_source_name(source),
        symmetric=recipe.symmetric,
        activation_bits=recipe.activation_bits if recipe.activation_bits < 16 else None,
        label=source.quantization.label,
    )
    return model_files.describe(
        work.output,
        repository=f"{source.repository}-{recipe.method}{mixed}-{form}",
        revision=source.revision,
        license_name=source.license,
        context=source.context_tokens,
        quantization=quantization,
    )


def _report(work: _Work, source: Generator, generator: Generator, windows: tuple[Windows, Windows]) -> Report:
    told, rise = work.told(), fidelity.rise(*windows)
    before, after = memory.read_weights(work.source), memory.read_weights(work.output)
    model = memory.read_architecture(json.loads((work.source / "config.json").read_text(encoding="utf-8")))
    return Report(
        model=source.repository,
        label=source.quantization.label or "",
        recipe=asdict(work.recipe),
        calibration=generator.quantization.calibration,
        sensitivity=tuple((row["unit"], row["error"]) for row in told["sensitivity"]),
        kept=tuple(told["kept"]),
        bytes_before=before.total,
        bytes_after=after.total,
        linear_before=before.linear,
        linear_after=after.linear + after.overhead,
        kv_bytes_per_token=memory.kv_bytes(model, 1, 16),
        perplexity_before=windows[0].perplexity,
        perplexity_after=windows[1].perplexity,
        rise=rise.value,
        rise_low=rise.low,
        rise_high=rise.high,
        agreement=windows[1].agreement,
        held_out_tokens=sum(windows[0].tokens),
    )
