import io
import zipfile

import pytest

from ingestion.reading.limits import ParseLimits
from ingestion.reading.slides import read
from services.errors import DocumentCorrupt, DocumentOverLimit

SPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
RELATION = '<Relationship Id="{}" Target="{}"/>'


def shape(*lines: str, kind: str = "") -> str:
    place = f'<p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr>' if kind else ""
    paragraphs = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in lines)
    return f"<p:sp>{place}<p:txBody>{paragraphs}</p:txBody></p:sp>"


def tree(*shapes: str) -> str:
    return f"<p:sld {SPACES}><p:cSld><p:spTree>{''.join(shapes)}</p:spTree></p:cSld></p:sld>"


def deck(*slides: str, extra: dict[str, str] | None = None) -> bytes:
    listed = "".join(f'<p:sldId r:id="r{n}"/>' for n in range(len(slides)))
    relations = "".join(RELATION.format(f"r{n}", f"slides/s{n}.xml") for n in range(len(slides)))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("ppt/presentation.xml", f"<p:presentation {SPACES}>{listed}</p:presentation>")
        made.writestr("ppt/_rels/presentation.xml.rels", wrapped(relations))
        for n, slide in enumerate(slides):
            made.writestr(f"ppt/slides/s{n}.xml", slide)
        for name, text in (extra or {}).items():
            made.writestr(name, text)
    return buffer.getvalue()


def wrapped(relations: str) -> str:
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{relations}</Relationships>'


def test_slides_are_pages_with_titles_lists_and_notes() -> None:
    first = tree(shape("one", "two", kind="body"), shape("Plan", kind="title"), shape("7", kind="sldNum"))
    notes = {
        "ppt/slides/_rels/s0.xml.rels": wrapped(RELATION.format("n", "../notesSlides/n0.xml")),
        "ppt/notesSlides/n0.xml": tree(shape("say it slowly", kind="body")),
    }
    reading = read(deck(first, tree(shape("alone")), extra=notes), ParseLimits())

    assert [(piece.kind, piece.text, piece.page) for piece in reading.pieces] == [
        ("heading", "Plan", 1),
        ("list", "- one\n- two", 1),
        ("text", "say it slowly", 1),
        ("heading", "Slide 2", 2),
        ("text", "alone", 2),
    ]
    assert (reading.title, reading.pages) == ("Plan", 2)


def test_table_keeps_its_cells() -> None:
    cell = "<a:tc><a:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></a:txBody></a:tc>"
    rows = "".join(
        f"<a:tr>{cell.format(left)}{cell.format(right)}</a:tr>" for left, right in (("a", "b"), ("1", "2"))
    )
    reading = read(deck(tree(f"<p:graphicFrame><a:tbl>{rows}</a:tbl></p:graphicFrame>")), ParseLimits())

    assert [piece.text for piece in reading.pieces if piece.kind == "table"] == [
        "| a | b |\n| --- | --- |\n| 1 | 2 |"
    ]


def test_damaged_slide_is_named() -> None:
    reading = read(deck(tree(shape("fine")), "<broken"), ParseLimits())

    assert list(reading.warnings) == ["Damaged and left out: slides 2."]


def test_nothing_but_damage_is_corrupt() -> None:
    with pytest.raises(DocumentCorrupt):
        read(deck("<broken"), ParseLimits())


def test_no_presentation_is_corrupt() -> None:
    with pytest.raises(DocumentCorrupt):
        read(b"PK\x03\x04nonsense", ParseLimits())


def test_too_many_slides_are_refused() -> None:
    with pytest.raises(DocumentOverLimit):
        read(deck(*[tree(shape("x"))] * 3), ParseLimits(pages=2))
