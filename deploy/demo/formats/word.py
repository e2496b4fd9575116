"""A source written as a Word document with real heading, list and table styles."""

import io
from datetime import UTC, datetime

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.shared import Cm, Pt, RGBColor

from deploy.demo import markup
from deploy.demo.formats import archive

TABLE_STYLE = "Light Grid Accent 1"
TEAL = RGBColor(0x0F, 0x5C, 0x6E)
WRITTEN = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)


def draw(source: markup.Source) -> bytes:
    document = docx.Document()
    _set_up(document, source)
    document.add_heading(source.title, level=0)
    about = source.about
    document.add_paragraph(f"{about['reference']} · {about['edition']} · {about['date']} · {about['owner']}")
    for part in source.parts:
        _add(document, part)
    written = io.BytesIO()
    document.save(written)
    return archive.settle(written.getvalue())


def _set_up(document: Document, source: markup.Source) -> None:
    about = document.core_properties
    about.title, about.author, about.comments = source.title, "Aldermoor Instruments", ""
    about.created = about.modified = WRITTEN
    _drop_unused_table_styles(document)
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = Pt(11)
    for name in ("Title", "Heading 1", "Heading 2"):
        document.styles[name].font.color.rgb = TEAL
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.header.paragraphs[0].text = f"Aldermoor Instruments\t\t{source.about['reference']}"
    page.footer.paragraphs[0].text = f"{source.about['owner']} · {source.about['edition']}"


def _drop_unused_table_styles(document: Document) -> None:
    """The template's table styles, and their copy for Word 2010, are nine tenths of a stored file."""
    relations = document.part.rels
    for key in [
        key for key, relation in relations.items() if relation.reltype.endswith("/stylesWithEffects")
    ]:
        relations.pop(key)
    for style in list(document.styles):
        if style.type == WD_STYLE_TYPE.TABLE and style.name not in {TABLE_STYLE, "Normal Table"}:
            style.delete()


def _add(document: Document, part: markup.Part) -> None:
    match part:
        case markup.Heading(text, level):
            document.add_heading(text, level=level)
        case markup.Paragraph(text):
            document.add_paragraph(text)
        case markup.Listing(items, numbered):
            for item in items:
                document.add_paragraph(item, style="List Number" if numbered else "List Bullet")
        case markup.Table(rows):
            _add_table(document, rows)


def _add_table(document: Document, rows: tuple[tuple[str, ...], ...]) -> None:
    table = document.add_table(rows=0, cols=len(rows[0]), style=TABLE_STYLE)
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.add_paragraph()
