"""A source written as slides: a title slide, then one slide for each heading."""

import io
from datetime import UTC, datetime

import pptx
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.presentation import Presentation
from pptx.slide import Slide
from pptx.util import Cm, Pt

from deploy.demo import markup
from deploy.demo.formats import archive

TEAL = RGBColor(0x0F, 0x5C, 0x6E)
WRITTEN = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)
WIDE, HIGH = Cm(33.87), Cm(19.05)


def draw(source: markup.Source) -> bytes:
    deck = pptx.Presentation()
    deck.slide_width, deck.slide_height = WIDE, HIGH
    about = deck.core_properties
    about.title, about.author = source.title, "Aldermoor Instruments"
    about.created = about.modified = WRITTEN
    _add_title(deck, source)
    for section in markup.sections(source.parts):
        _add_slide(deck, section)
    written = io.BytesIO()
    deck.save(written)
    return archive.settle(written.getvalue())


def _add_title(deck: Presentation, source: markup.Source) -> None:
    slide = _blank(deck, source.title, layout=0)
    about = source.about
    lines = slide.placeholders[1]
    lines.left, lines.top, lines.width, lines.height = Cm(2), Cm(9.5), WIDE - Cm(4), Cm(4)
    lines.text_frame.text = f"Aldermoor Instruments · {about['owner']}"
    lines.text_frame.add_paragraph().text = f"{about['reference']} · {about['edition']} · {about['date']}"


def _add_slide(deck: Presentation, section: tuple[markup.Part, ...]) -> None:
    heading, *parts = section
    assert isinstance(heading, markup.Heading)
    listed = isinstance(parts[0], markup.Listing)
    slide = _blank(deck, heading.text, layout=1 if listed else 5)
    for part in parts:
        if isinstance(part, markup.Listing):
            _add_bullets(slide, part.items)
        elif isinstance(part, markup.Table):
            _add_table(slide, part.rows)


def _blank(deck: Presentation, title: str, *, layout: int) -> Slide:
    slide = deck.slides.add_slide(deck.slide_layouts[layout])
    shape = slide.shapes.title
    shape.left, shape.top, shape.width, shape.height = Cm(2), Cm(1.2 if layout else 5), WIDE - Cm(4), Cm(2.6)
    shape.text_frame.text = title
    run = shape.text_frame.paragraphs[0].runs[0]
    run.font.size, run.font.bold, run.font.color.rgb = Pt(36 if layout else 48), True, TEAL
    stripe = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, 0, 0, WIDE, Cm(0.5))
    stripe.fill.solid()
    stripe.fill.fore_color.rgb = TEAL
    stripe.line.fill.background()
    return slide


def _add_bullets(slide: Slide, items: tuple[str, ...]) -> None:
    box = slide.placeholders[1]
    box.left, box.top, box.width, box.height = Cm(2), Cm(4.6), WIDE - Cm(4), Cm(12.5)
    box.text_frame.text = items[0]
    for item in items[1:]:
        box.text_frame.add_paragraph().text = item
    for paragraph in box.text_frame.paragraphs:
        paragraph.font.size, paragraph.space_after = Pt(24), Pt(12)


def _add_table(slide: Slide, rows: tuple[tuple[str, ...], ...]) -> None:
    shape = slide.shapes.add_table(len(rows), len(rows[0]), Cm(2), Cm(4.6), WIDE - Cm(4), Cm(1.6) * len(rows))
    for cells, row in zip(shape.table.rows, rows, strict=True):
        for cell, text in zip(cells.cells, row, strict=True):
            cell.text = text
    for column in range(len(rows[0])):
        head = shape.table.cell(0, column)
        head.fill.solid()
        head.fill.fore_color.rgb = TEAL
