"""The stages of a start, in order: environments, page, demo model. What is in place is left alone."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.bootstrap import cache, checks
from deploy.bootstrap.environments import ENVIRONMENTS, ROOT, Builder, folder_of, python_of
from deploy.bootstrap.progress import Progress, StageFailed
from deploy.bootstrap.web import WEB, Web
from deploy.quantize.demo_model import DemoModel
from services.engine import launch, probe

MODEL_BYTES = 2**30
ENGINE_OF: Mapping[probe.Device, str] = {"cpu": "engine", "cuda": "engine-gpu"}


@dataclass(frozen=True)
class Places:
    """What `holdfast up` is told: which interpreter serves which release from which folder."""

    engine_python: Path
    lock: Path
    models: Path

    def options(self) -> list[str]:
        return [
            *("--engine-python", str(self.engine_python)),
            *("--lock", str(self.lock)),
            *("--models", str(self.models)),
        ]

    def variables(self) -> dict[str, str]:
        """The same for the tests."""
        return {
            "HOLDFAST_TEST_ENGINE_PYTHON": str(self.engine_python),
            "HOLDFAST_TEST_LOCK": str(self.lock),
            "HOLDFAST_TEST_MODELS": str(self.models),
        }


@dataclass(frozen=True)
class Preparing:
    """One start's stages under the cache folder `root`."""

    root: Path
    device: probe.Device
    inherited: Mapping[str, str]

    @property
    def demo(self) -> DemoModel:
        return DemoModel(self.root)

    def missing(self, wanted: Iterable[str]) -> list[str]:
        """Which of `wanted` ("web", "model" or an environment's name) are to be made."""
        return [name for name in wanted if not self._in_place(name)]

    def _in_place(self, name: str) -> bool:
        if name == "web":
            return Web(WEB, self._builder(0)).is_built()
        if name == "model":
            return self.demo.files() is not None or self._catalogue_lock() is not None
        return cache.is_finished(folder_of(ENVIRONMENTS[name], self.root))

    def _builder(self, total: int) -> Builder:
        return Builder(self.root, Progress(total, self.root / "logs"), self.inherited)

    def prepare(self, wanted: list[str]) -> None:
        """Make what is missing; StageFailed where the machine is unfit or a stage ends in error."""
        missing = self.missing(wanted)
        if not missing:
            return
        needed = sum(ENVIRONMENTS[name].bytes if name in ENVIRONMENTS else MODEL_BYTES for name in missing)
        problems = checks.problems(self.root, needed)
        if problems:
            raise StageFailed("nothing was started:\n  " + "\n  ".join(problems))
        stages = self._with_needed(missing)
        builder = self._builder(len(stages))
        for name in stages:
            self._make(name, builder)
        print(builder.progress.summary(), flush=True)

    def _with_needed(self, missing: list[str]) -> list[str]:
        """`missing` with what they are made by before them."""
        first = [
            name for name in ("tools",) if any(each in ENVIRONMENTS or each == "model" for each in missing)
        ]
        before_model = ["quantize"] if "model" in missing else []
        others = [name for name in missing if name != "model"]
        stages = [*first, *others, *before_model, *(["model"] if "model" in missing else [])]
        return [name for name in dict.fromkeys(stages) if not self._in_place(name)]

    def _make(self, name: str, builder: Builder) -> None:
        if name == "web":
            Web(WEB, builder).require()
        elif name == "model":
            self._make_model(builder)
        else:
            builder.require(name)

    def _make_model(self, builder: Builder) -> None:
        python = python_of(builder.require("quantize"))
        with builder.progress.stage("demo model (GPTQ, 4 bits)"):
            self.demo.make(lambda words: self._quantize(builder, [str(python), *words]))

    def _quantize(self, builder: Builder, command: list[str]) -> None:
        builder.progress.run("quantize", command, cwd=ROOT, environment=self.inherited)

    def check_web(self) -> None:
        Web(WEB, self._builder(2)).check()

    def python(self, name: str) -> Path:
        return python_of(folder_of(ENVIRONMENTS[name], self.root))

    def places(self) -> Places:
        """The chosen release with the engine environment that serves it."""
        lock = self._catalogue_lock() or self.demo.write_lock(self.device)
        return Places(self.python(ENGINE_OF[self.device]), lock, self.root / "models")

    def _catalogue_lock(self) -> Path | None:
        """The lock put beside the demo's, where its files are at hand and it is made for the device."""
        path = self.root / "locks" / "default.toml"
        if not path.is_file():
            return None
        lock = tomllib.loads(path.read_text(encoding="utf-8"))
        folder = self.root / "models" / launch.folder_name(lock["generator"]["files"])
        return path if folder.is_dir() and lock["engine"]["device"] == self.device else None
