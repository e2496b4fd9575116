"""Pages that are only pictures: read by the program that is installed, which is confined and bounded."""

import ctypes
import shutil
from pathlib import Path

import pytest

from ingestion import parsing
from ingestion.parsing import ParseLimits, Recogniser, find_recogniser
from ingestion.reading import confinement
from services import errors
from services.media_types import PDF

ROW = "5\\t1\\t{block}\\t1\\t{line}\\t1\\t0\\t0\\t9\\t9\\t{sure}\\t{text}\\n"
DATA = Path(__file__).resolve().parents[3] / "../shared/data/formats"
needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
needs_data = pytest.mark.skipif(not DATA.exists(), reason="the evaluation data is not at hand")


def pdf(path: Path, *pages: str) -> Path:
    """Pages of text, or of one grey picture where the text is empty."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    picture = (
        b"<</Type/XObject/Subtype/Image/Width 2/Height 2/ColorSpace/DeviceGray/BitsPerComponent 8/Length 4>>"
    )
    kids = []
    for text in pages:
        drawn = f"BT /F1 12 Tf 20 50 Td ({text}) Tj ET" if text else "q 90 0 0 90 5 5 cm /P Do Q"
        first = len(objects) + 1
        kids.append(b"%d 0 R" % first)
        resources = (
            b"<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>/XObject<</P %d 0 R>>>>"
            % (first + 2)
        )
        objects += [
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Resources %s/Contents %d 0 R>>"
            % (resources, first + 1),
            b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn.encode()),
            picture + b"stream\n\x00\xff\xff\x00\nendstream",
        ]
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(kids), len(kids))
    body = b"".join(b"%d 0 obj%s\nendobj\n" % (n, content) for n, content in enumerate(objects, start=1))
    path.write_bytes(b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R>>\n%%EOF\n")
    return path


@pytest.fixture
def program(tmp_path: Path):
    """A stand-in for Tesseract that runs these lines of shell for every page."""

    def make(lines: str) -> Recogniser:
        folder = tmp_path / "installed" / "bin"
        folder.mkdir(parents=True)
        path = folder / "tesseract"
        path.write_text(
            f'#!/bin/sh\nif [ "$1" = --list-langs ]; then echo Languages:; echo eng; exit; fi\n{lines}\n'
        )
        path.chmod(0o755)
        found = find_recogniser(str(path), "")
        assert found is not None
        return found

    return make


def says(*words: str, sure: int = 96) -> str:
    rows = (ROW.format(block=n, line=1, sure=sure, text=word) for n, word in enumerate(words))
    return "".join(f"printf '{row}'\n" for row in rows)


def test_scan_is_read_where_a_program_is_installed(tmp_path, program) -> None:
    found = parsing.parse_file(
        pdf(tmp_path / "scan.pdf", "", ""), PDF, ParseLimits(), program(says("Fee:", "40"))
    )

    assert [(block.text, block.page) for block in found.blocks] == [
        ("Fee:", 1),
        ("40", 1),
        ("Fee:", 2),
        ("40", 2),
    ]
    assert found.pages == 2
    assert "recognised from pictures" in found.warnings[0]


def test_scan_without_a_program_says_so(tmp_path) -> None:
    assert find_recogniser("no-such-program", "") is None
    with pytest.raises(errors.DocumentNeedsOcr, match="no text recognition is installed"):
        parsing.parse_file(pdf(tmp_path / "scan.pdf", ""), PDF, ParseLimits())


def test_scanned_page_among_others_stands_at_its_place(tmp_path, program) -> None:
    path = pdf(tmp_path / "mixed.pdf", "first page", "", "last page")

    found = parsing.parse_file(path, PDF, ParseLimits(), program(says("scanned")))
    assert [(block.text, block.page) for block in found.blocks] == [
        ("first page", 1),
        ("scanned", 2),
        ("last page", 3),
    ]
    assert found.warnings == ()

    unread = parsing.parse_file(path, PDF, ParseLimits())
    assert unread.warnings == ("Without readable text: pages 2 (pictures).",)


@pytest.mark.parametrize(
    "lines", [says("specks", sure=12), "exit 1", "printf 'no table'", "printf '\\377\\n'"]
)
def test_what_makes_no_sense_is_no_text(tmp_path, program, lines: str) -> None:
    with pytest.raises(errors.DocumentNeedsOcr, match="scan it again"):
        parsing.parse_file(pdf(tmp_path / "scan.pdf", ""), PDF, ParseLimits(), program(lines))


@pytest.mark.parametrize("lines", ["while :; do :; done", "while :; do echo endless; done"])
def test_program_that_does_not_end_is_ended(tmp_path, program, lines: str) -> None:
    with pytest.raises(errors.DocumentNeedsOcr):
        parsing.parse_file(pdf(tmp_path / "scan.pdf", ""), PDF, ParseLimits(recognised_s=0.4), program(lines))


def test_program_reaches_no_file_of_others(tmp_path, program) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET\n")
    reading = (
        f"word=walled; read word < {secret}; printf '{ROW.format(block=1, line=1, sure=99, text='%s')}' $word"
    )

    found = parsing.parse_file(pdf(tmp_path / "scan.pdf", ""), PDF, ParseLimits(), program(reading))
    assert [block.text for block in found.blocks] == ["walled" if has_landlock() else "SECRET"]


def has_landlock() -> bool:
    return ctypes.CDLL(None).syscall(confinement.LANDLOCK_CREATE, None, 0, 1) >= 1


@needs_tesseract
@needs_data
@pytest.mark.parametrize(
    ("name", "words"), [("ocr_test.pdf", "Markdown in an easy"), ("linn.pdf", "MIDI Sequence Recorder")]
)
def test_real_scan_is_read(name: str, words: str) -> None:
    found = parsing.parse_file(DATA / "files" / name, PDF, ParseLimits(), find_recogniser("tesseract", ""))

    assert words in " ".join(block.text for block in found.blocks)
