"""Resolve the requirement lists again: `*.in` → hash-pinned `*.txt`. Run by `make locks`, with uv on PATH.

What is pinned stays where it still fits; `make locks ARGS=--upgrade` takes the newest.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent / "pyproject.toml"
OLDEST_PYTHON = "3.11"
# A requirement with its hashes: the lines that end in a backslash and the one after them.
REQUIREMENT = re.compile(r"^(?:.*\\\n)*.*\n", re.MULTILINE)
OPTIONS = (
    "--universal",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-annotate",
    "--no-header",
    "--quiet",
)


def resolve(name: str, *sources: Path, left_out: str = "left-out.txt") -> None:
    """Write NAME.txt from NAME.in and `sources`, without what the file `left_out` takes away."""
    lock = HERE / f"{name}.txt"
    where = ["--python-version", OLDEST_PYTHON, "--override", left_out, "--output-file", lock.name]
    command = ["uv", "pip", "compile", *OPTIONS, *where, f"{name}.in", *map(str, sources), *sys.argv[1:]]
    subprocess.run(command, check=True, cwd=HERE)
    lock.write_text(without_left_out(lock.read_text()))
    print(f"{name}: {lock.read_text().count('==')} packages")


def without_left_out(lock: str) -> str:
    """`lock` without the requirements whose marker can never be true."""
    return "".join(each for each in REQUIREMENT.findall(lock) if "sys_platform == 'never'" not in each)


if __name__ == "__main__":
    resolve("product", PROJECT)
    for each in ("dev", "engine", "quantize", "tools", "node", "chart"):
        resolve(each)
    # The registry's CUDA build of torch has one digest everywhere, so here it is pinned like the rest.
    resolve("engine-gpu", left_out=os.devnull)
