"""Whether real files of many formats end as a person expects: `python -m tests.quality.formats DATA`.

DATA is the folder of `manifest.tsv`. A file is as expected when its outcome is the manifest's and, where a
reference text is shipped, at least 95 % of the reference's words are found, nine in ten of those in the
reference's order (references put captions after tables where the page has them before). A reference's
comments mark pictures and are not words of the file; `partial` needs a warning that names what was not read.
A scan is as expected when it is read, or says that it needs text recognition and none is installed; its words
are compared for information, for these references are other programs' readings with their mistakes.
"""

import argparse
import csv
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from ingestion import parsing
from ingestion.parsing import ParseLimits
from services.errors import HoldfastError
from services.media_types import HEAD_BYTES, detect_media_type
from tests.quality import figures

COMMAND = "make formats"
LEAST_RECALL = 0.95
LEAST_ORDER = 0.9  # of the words that were found
EXPECTED = {
    "text": {"text"},
    "partial": {"partial"},
    "ocr": {"text", "partial", "needs_ocr"},
    "password": {"password"},
    "corrupt": {"corrupt"},
    "garbled": {"garbled", "text", "partial"},
    "no-text": {"no_text"},
    "limit": {"limit"},
    "reject": {"unsupported_media_type"},
}

word = re.compile(r"\w+")
comment = re.compile(r"<!--.*?-->", re.S)


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one file; `recall` and `in_order` are shares of the reference's words."""

    name: str
    expected: str
    outcome: str
    recall: float | None
    in_order: float | None
    said: str

    @property
    def is_as_expected(self) -> bool:
        recall, in_order = self.recall, self.in_order
        if self.expected == "ocr":
            return self.outcome in EXPECTED["ocr"]
        is_read = (
            recall is None
            or in_order is None
            or (recall >= LEAST_RECALL and in_order >= recall * LEAST_ORDER)
        )
        return self.outcome in EXPECTED[self.expected] and is_read


def manifest(folder: Path) -> list[dict[str, str]]:
    """Its rows; none where the data is not at hand."""
    path = folder / "manifest.tsv"
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def read_all(folder: Path) -> Iterator[Found]:
    return (read_one(folder, entry) for entry in manifest(folder))


def read_one(folder: Path, entry: dict[str, str]) -> Found:
    """Through the product's own detection and confined parser."""
    path = folder / entry["file"]
    try:
        with path.open("rb") as file:
            media_type = detect_media_type(path.name, file.read(HEAD_BYTES))
        parsed = parsing.parse_file(path, media_type, ParseLimits(), parsing.find_recogniser("tesseract", ""))
    except HoldfastError as error:
        return Found(path.name, entry["expect"], error.code, None, None, error.detail)
    outcome = "partial" if entry["expect"] == "partial" and parsed.warnings else "text"
    recall = in_order = None
    if entry["expected_text"]:
        text = "\n".join(block.text for block in parsed.blocks)
        recall, in_order = shares(text, (folder / entry["expected_text"]).read_text())
    return Found(path.name, entry["expect"], outcome, recall, in_order, " ".join(parsed.warnings))


def shares(text: str, reference: str) -> tuple[float, float]:
    """How many of the reference's words the text holds, anywhere and in the reference's order."""
    found, wanted = words(text), words(comment.sub(" ", reference))
    anywhere = sum((Counter(found) & Counter(wanted)).values())
    runs = SequenceMatcher(None, wanted, found, autojunk=False).get_matching_blocks()
    return anywhere / max(1, len(wanted)), sum(run.size for run in runs) / max(1, len(wanted))


def words(text: str) -> list[str]:
    return word.findall(text.lower())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data/formats"))
    found = list(read_all(parser.parse_args().data))
    for one in found:
        mark = "ok" if one.is_as_expected else "NOT AS EXPECTED"
        recall = "" if one.recall is None else f"words {one.recall:.3f}, in order {one.in_order:.3f}"
        print(f"{mark:16}{one.name:52}{one.expected:10}{one.outcome:24}{recall}  {one.said}")
    hits = sum(one.is_as_expected for one in found)
    figure = figures.share("formats_as_expected", hits, len(found), "≥ 1", COMMAND)
    figures.write("formats", [figure])
    print(f"formats_as_expected {figure.detail} (target 1)")
    sys.exit(0 if found else "no manifest.tsv here: name the folder that holds it")


if __name__ == "__main__":
    main()
