"""What is ingested: the public evaluation documents where they are at hand, else the demo's own, repeated."""

import shutil
from collections.abc import Sequence
from itertools import count
from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
DEMO = ROOT / "deploy" / "demo" / "documents"
BYTES_PER_CHUNK = 700
"""Of plain text; only to guess how many handbook files make up the wanted number of chunks."""


def batches(wanted_chunks: int, number: int, folder: Path, data: Path = DATA) -> list[list[Path]]:
    """`number` lists of files that together give about `wanted_chunks` chunks, each list a like mixture."""
    pdfs = sorted(path for path in (data / "answers" / "contoso" / "documents").glob("*") if path.is_file())
    if not pdfs:
        return _dealt(_repeated_demo(wanted_chunks, folder), number)
    pages = sorted((data / "handbook" / "sourcegraph").rglob("*.md"))
    return _dealt(_with_unique_names(pdfs, folder), number, _handbook(pages, wanted_chunks // 2, folder))


def _handbook(files: Sequence[Path], wanted_chunks: int, folder: Path) -> list[Path]:
    """Every n-th file of the handbook, so that the parts of it are as frequent as in the whole."""
    total = sum(path.stat().st_size for path in files)
    step = max(1, round(total / BYTES_PER_CHUNK / max(1, wanted_chunks)))
    return _with_unique_names(files[::step], folder)


def _dealt(big: Sequence[Path], number: int, small: Sequence[Path] = ()) -> list[list[Path]]:
    """Big files dealt out largest first to the list that holds least, then small ones in turn."""
    dealt: list[list[Path]] = [[] for _ in range(number)]
    for path in sorted(big, key=lambda one: -one.stat().st_size):
        min(dealt, key=lambda held: sum(one.stat().st_size for one in held)).append(path)
    for place, path in enumerate(small):
        dealt[place % number].append(path)
    return dealt


def _with_unique_names(files: Sequence[Path], folder: Path) -> list[Path]:
    """Copies under names that are theirs alone: the same name twice would be two versions of one document."""
    folder.mkdir(parents=True, exist_ok=True)
    copies = []
    for number, path in enumerate(files):
        copy = folder / f"{path.parent.name}-{number:04}-{path.name}".replace(" ", "-")
        shutil.copyfile(path, copy)
        copies.append(copy)
    return copies


def _repeated_demo(wanted_chunks: int, folder: Path) -> list[Path]:
    """The demo's text documents with a line of their own each time, so that no content repeats a digest."""
    texts = sorted(path for path in DEMO.rglob("*") if path.suffix in (".md", ".txt", ".html"))
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    size = 0
    for number in count():
        if size / BYTES_PER_CHUNK >= wanted_chunks:
            return made
        source = texts[number % len(texts)]
        copy = folder / f"{number:04}-{source.name}"
        copy.write_text(f"{source.read_text()}\n\nCopy {number}.\n")
        size += copy.stat().st_size
        made.append(copy)
    return made
