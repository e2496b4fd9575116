"""The pinned environments' wheels in one folder, and the packages that have none."""

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.bootstrap.environments import ENVIRONMENTS, REQUIREMENTS, Builder, python_of
from deploy.bootstrap.progress import StageFailed

NOT_THERE = re.compile(r"No matching distribution found for (\S+)")
UNHASHED = "torch.txt"  # see deploy/requirements/README.md


def blocks(listing: str) -> list[str]:
    """The requirements of a hash-pinned list, each with its digests."""
    return re.findall(r"^[^\s#][^\n]*(?:\n[ \t]+[^\n]*)*", listing, re.MULTILINE)


def without(found: Sequence[str], requirement: str) -> list[str]:
    """All but the one that pip calls `requirement`; it writes no marker and may write the name otherwise."""
    return [each for each in found if _plain(each.split()[0]) != _plain(requirement)]


def _plain(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", requirement.partition(";")[0]).lower()


def download(builder: Builder, names: Sequence[str], folder: Path) -> list[str]:
    """Fetch what the environments are built from; returns the requirements of which there is no wheel."""
    lists = dict.fromkeys(file.name for name in names for file in ENVIRONMENTS[name].files)
    missing: list[str] = []
    for name in lists:
        missing += _download_list(builder, name, folder)
    return sorted(set(missing))


def _download_list(builder: Builder, name: str, folder: Path) -> list[str]:
    left, missing = blocks((REQUIREMENTS / name).read_text(encoding="utf-8")), []
    while left:
        try:
            _pip(builder, name, left, folder)
        except StageFailed as failure:
            refused = NOT_THERE.search(str(failure))
            shorter = without(left, refused.group(1)) if refused else left
            if refused is None or len(shorter) == len(left):
                raise
            left = shorter
            missing.append(refused.group(1))
        else:
            break
    return missing


def _pip(builder: Builder, name: str, requirements: Sequence[str], folder: Path) -> None:
    hashed = [] if name == UNHASHED else ["--require-hashes"]
    with TemporaryDirectory() as room, builder.progress.stage(f"wheels of {name}"):
        listing = Path(room) / name
        listing.write_text("\n".join(requirements) + "\n", encoding="utf-8")
        words = ["--no-deps", "--only-binary=:all:", *hashed, "--dest", str(folder), "-r", str(listing)]
        pip = [str(python_of(builder.require("tools"))), "-m", "pip", "download", *words]
        builder.progress.run(f"airgap-{name}", pip, cwd=REQUIREMENTS, environment=builder.inherited)
