"""The demo model and its lock: made once in the quantize environment, kept by digest, never made twice.

A *recipe* is everything the result depends on; `models/<recipe>.toml` remembers which files it gave. The lock
is that record joined with the hand-written `deploy/locks/demo.in.toml`, the prompts and the thresholds of
the grounding.
Standard library only: runs before any environment exists.
"""

import json
import runpy
import shutil
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deploy.bootstrap import cache
from services import errors, release
from services.engine import launch

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "deploy" / "locks" / "demo.in.toml"
CALIBRATION = ROOT / "deploy" / "demo" / "calibration.jsonl"
PROMPTS = ROOT / "services" / "answers" / "prompts"
THRESHOLDS = ROOT / "services" / "answers" / "grounding" / "thresholds.py"
SCRIPT = Path(__file__).with_name("gptq.py")
LISTS = {
    "cpu": ROOT / "deploy" / "requirements" / "engine.txt",
    "cuda": ROOT / "deploy" / "requirements" / "engine-gpu.txt",
}
QUANTIZE_LIST = ROOT / "deploy" / "requirements" / "quantize.txt"

Quantize = Callable[[list[str]], None]


@dataclass(frozen=True)
class DemoModel:
    """The demo model under the cache folder `root`."""

    root: Path

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def recipe(self) -> str:
        """Digest of the script, its settings, its environment's list and the calibration rows."""
        settings = json.dumps(_template()["recipe"], sort_keys=True)
        return cache.digest_of_files([SCRIPT, QUANTIZE_LIST, CALIBRATION], settings)

    @property
    def record(self) -> Path:
        return self.models / f"{self.recipe[: cache.SHORT]}.toml"

    def files(self) -> dict[str, Any] | None:
        """What the recipe gave before, None where its weights are not at hand."""
        if not self.record.is_file():
            return None
        files: dict[str, Any] = tomllib.loads(self.record.read_text(encoding="utf-8"))["files"]
        return files if (self.models / launch.folder_name(files)).is_dir() else None

    def make(self, quantize: Quantize) -> None:
        """Quantize into a folder beside, then switch; the record is written last."""
        with cache.held(self.models / "demo.lock"):
            if self.files() is not None:
                return
            draft = self.models / f"draft-{self.recipe[: cache.SHORT]}"
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            quantize([str(SCRIPT), *self._arguments(draft)])
            files = launch.describe_files(draft)
            final = self.models / launch.folder_name(files)
            shutil.rmtree(final, ignore_errors=True)
            draft.rename(final)
            self.record.write_text(release.as_toml({"files": files}), encoding="utf-8")

    def _arguments(self, output: Path) -> list[str]:
        options = {name.replace("_", "-"): value for name, value in _template()["recipe"].items()}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        return ["--calibration", str(CALIBRATION), "--output", str(output), *words]

    def lock(self, files: Mapping[str, Any], device: str) -> release.Lock:
        """The whole release: what people wrote, what was made, and the prompts as they stand."""
        table = _template()
        del table["recipe"]
        generator = table["generator"]
        generator["files"] = files
        generator |= {
            part: files[name]["sha256"] for part, name in launch.NAMED_PARTS.items() if name in files
        }
        generator["quantization"] |= {"recipe": self.recipe, "calibration": launch.sha256_of(CALIBRATION)}
        table["engine"] = table["engine"][device] | {"requirements": launch.sha256_of(LISTS[device])}
        table["grounding"] = _thresholds()
        table["prompts"] = {name: asdict(file) for name, file in release.describe_files(PROMPTS).items()}
        return release.lock_from(table)

    def write_lock(self, device: str) -> Path:
        """Path of the lock for `device`; left untouched where it already says the same."""
        files = self.files()
        if files is None:
            raise FileNotFoundError(f"{self.record}: the demo model has not been made")
        path, lock = self.root / "locks" / f"demo-{device}.toml", self.lock(files, device)
        if not _says(path, lock):
            release.write_lock(lock, path)
        return path


def _says(path: Path, lock: release.Lock) -> bool:
    """Whether `path` holds `lock`; what an older version wrote may not even be readable."""
    try:
        return release.read_lock(path) == lock
    except errors.LockMismatch:
        return False


def _thresholds() -> dict[str, float]:
    """The grounding's operating point, read from its one file: its room may need packages."""
    table: dict[str, float] = runpy.run_path(str(THRESHOLDS))["GroundingThresholds"]().as_lock()
    return table


def _template() -> dict[str, Any]:
    return tomllib.loads(TEMPLATE.read_text(encoding="utf-8"))
