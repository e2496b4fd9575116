"""Pictures as documents: their words are recognised where a program can; no claim of theirs is believed."""

import shutil
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from ingestion import parsing
from ingestion.parsing import ParseLimits, find_recogniser
from services import errors
from services.media_types import JPEG, PNG, TIFF

WORDS = "The harbour office opens at seven"
needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")


def page(text: str = WORDS) -> Image.Image:
    picture = Image.new("L", (900, 160), 255)
    ImageDraw.Draw(picture).text((30, 50), text, fill=0, font=ImageFont.load_default(48))
    return picture


def saved(form: str, picture: Image.Image | None = None, **how: object) -> bytes:
    target = BytesIO()
    (picture or page()).save(target, form, **how)
    return target.getvalue()


def huge_png() -> bytes:
    """A few bytes that say they are 60,000 pixels wide and high."""

    def part(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = part(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + part(b"IDAT", zlib.compress(b"")) + part(b"IEND", b"")


def write(folder: Path, content: bytes) -> Path:
    path = folder / "picture"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("form", "media_type"), [("PNG", PNG), ("JPEG", JPEG), ("TIFF", TIFF)])
def test_without_a_program_it_needs_one(tmp_path: Path, form: str, media_type: str) -> None:
    with pytest.raises(errors.DocumentNeedsOcr, match="no text recognition is installed"):
        parsing.parse_file(write(tmp_path, saved(form)), media_type, ParseLimits())


@needs_tesseract
@pytest.mark.parametrize(("form", "media_type"), [("PNG", PNG), ("JPEG", JPEG)])
def test_its_words_are_read(tmp_path: Path, form: str, media_type: str) -> None:
    program = find_recogniser("tesseract", "")
    found = parsing.parse_file(write(tmp_path, saved(form)), media_type, ParseLimits(), program)
    assert [(block.text, block.page) for block in found.blocks] == [(WORDS, 1)]


@needs_tesseract
def test_every_page_of_a_scan_is_read_within_the_bound(tmp_path: Path) -> None:
    more = [page(f"Page {number} of the harbour scan") for number in ("two", "three")]
    content = saved("TIFF", save_all=True, append_images=more, compression="tiff_deflate")
    limits, program = ParseLimits(recognised_pages=2), find_recogniser("tesseract", "")
    found = parsing.parse_file(write(tmp_path, content), TIFF, limits, program)
    assert [block.page for block in found.blocks] == [1, 2]


@needs_tesseract
def test_black_words_on_nothing_are_read_as_they_are_seen(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (900, 160), (0, 0, 0, 0))
    ImageDraw.Draw(clear).text((30, 50), WORDS, fill=(0, 0, 0, 255), font=ImageFont.load_default(48))
    program = find_recogniser("tesseract", "")
    found = parsing.parse_file(write(tmp_path, saved("PNG", clear)), PNG, ParseLimits(), program)
    assert found.blocks[0].text == WORDS


@pytest.mark.parametrize("media_type", [PNG, JPEG, TIFF])
def test_a_picture_that_is_none_is_damaged(tmp_path: Path, media_type: str) -> None:
    with pytest.raises(errors.DocumentCorrupt):
        parsing.parse_file(write(tmp_path, b"II*\x00no picture at all"), media_type, ParseLimits())


def test_a_picture_that_was_cut_off_is_damaged(tmp_path: Path) -> None:
    whole = saved("PNG", Image.effect_noise((600, 600), 90))
    with pytest.raises(errors.DocumentCorrupt):
        parsing.parse_file(write(tmp_path, whole[: len(whole) // 2]), PNG, ParseLimits())


def test_a_huge_picture_ends_at_its_pixels(tmp_path: Path) -> None:
    with pytest.raises(errors.DocumentOverLimit, match="million pixels"):
        parsing.parse_file(write(tmp_path, huge_png()), PNG, ParseLimits())
