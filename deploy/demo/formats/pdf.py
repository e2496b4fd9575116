"""A source drawn as a PDF with a title block, running header and footer, and an outline."""

import io
import itertools
from collections.abc import Iterator
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    HRFlowable,
    ListFlowable,
    Paragraph,
    SimpleDocTemplate,
)
from reportlab.platypus import Table as Grid

from deploy.demo import markup

COMPANY = "Aldermoor Instruments"
INK, TEAL, PALE, GREY = HexColor("#1d2b36"), HexColor("#0f5c6e"), HexColor("#eaf2f4"), HexColor("#6b7a85")
MARGIN = 24 * mm
WIDTH = A4[0] - 2 * MARGIN - 12  # the frame pads its text by 6 points on each side

BODY = ParagraphStyle(
    "body",
    fontName="Helvetica",
    fontSize=11,
    leading=16.5,
    textColor=INK,
    spaceAfter=7,
    alignment=TA_LEFT,
    allowWidows=0,
)
INTRODUCTION = ParagraphStyle("introduction", BODY, keepWithNext=1)
CELL = ParagraphStyle("cell", BODY, fontSize=9.5, leading=12.5, spaceAfter=0)
HEAD_CELL = ParagraphStyle("head cell", CELL, fontName="Helvetica-Bold", textColor=HexColor("#ffffff"))
TITLE = ParagraphStyle("title", BODY, fontName="Helvetica-Bold", fontSize=25, leading=30, textColor=TEAL)
ABOUT = ParagraphStyle("about", BODY, fontSize=9.5, leading=13, textColor=GREY)
HEADINGS = {
    1: ParagraphStyle(
        "h1",
        BODY,
        fontName="Helvetica-Bold",
        fontSize=16,
        leading=20,
        textColor=TEAL,
        spaceBefore=15,
        keepWithNext=1,
    ),
    2: ParagraphStyle(
        "h2",
        BODY,
        fontName="Helvetica-Bold",
        fontSize=12.5,
        leading=16,
        spaceBefore=9,
        spaceAfter=4,
        keepWithNext=1,
    ),
}


def draw(source: markup.Source) -> bytes:
    written = io.BytesIO()
    template = _Outlined(
        written,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=30 * mm,
        bottomMargin=25 * mm,
        title=source.title,
        author=COMPANY,
        subject=source.about["reference"],
        invariant=1,
        pageCompression=0,  # deflate's output differs between zlib builds
    )
    template.build(
        [*_opening(source), *_flow(source.parts)], canvasmaker=lambda *a, **k: _Sheet(source, *a, **k)
    )
    return written.getvalue()


class _Outlined(SimpleDocTemplate):  # type: ignore[misc]
    """Adds each heading to the outline, so that readers show the document's sections."""

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802
        level = next((n for n, style in HEADINGS.items() if getattr(flowable, "style", None) is style), None)
        if level is not None:
            key = f"section-{self.seq.nextf('section')}"
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(flowable.getPlainText(), key, level - 1)


class _Sheet(Canvas):  # type: ignore[misc]
    """Draws header and footer last, when the number of pages is known."""

    def __init__(self, source: markup.Source, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._source = source
        self._drawn: list[dict[str, object]] = []

    def showPage(self) -> None:  # noqa: N802
        self._drawn.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, state in enumerate(self._drawn, 1):
            self.__dict__.update(state)
            self._frame(number, len(self._drawn))
            super().showPage()
        super().save()

    def _frame(self, number: int, total: int) -> None:
        about = self._source.about
        top, bottom, right = A4[1] - 16 * mm, 14 * mm, A4[0] - MARGIN
        self.setStrokeColor(TEAL)
        self.setLineWidth(0.7)
        self.line(MARGIN, top - 2.5 * mm, right, top - 2.5 * mm)
        self.line(MARGIN, bottom + 4 * mm, right, bottom + 4 * mm)
        self.setFillColor(TEAL)
        self.setFont("Helvetica-Bold", 9)
        self.drawString(MARGIN, top, COMPANY)
        self.setFillColor(GREY)
        self.setFont("Helvetica", 8.5)
        self.drawRightString(right, top, self._source.title)
        self.drawString(MARGIN, bottom, f"{about['reference']} · {about['edition']} · {about['owner']}")
        self.drawRightString(right, bottom, f"Page {number} of {total}")


def _opening(source: markup.Source) -> list[Flowable]:
    about = source.about
    line = f"{about['reference']} · {about['edition']} · {about['date']} · {about['owner']}"
    return [
        Paragraph(escape(source.title), TITLE),
        Paragraph(escape(line), ABOUT),
        HRFlowable(width="100%", thickness=2.2, color=TEAL, spaceBefore=2, spaceAfter=6),
    ]


def _flow(parts: tuple[markup.Part, ...]) -> Iterator[Flowable]:
    for part, following in itertools.zip_longest(parts, parts[1:]):
        match part:
            case markup.Heading(text, level):
                yield Paragraph(escape(text), HEADINGS[level])
            case markup.Paragraph(text):
                yield Paragraph(escape(text), INTRODUCTION if isinstance(following, markup.Table) else BODY)
            case markup.Listing(items, numbered):
                yield _listing(items, numbered=numbered)
            case markup.Table(rows):
                yield _grid(rows)


def _listing(items: tuple[str, ...], *, numbered: bool) -> ListFlowable:
    start = {"bulletType": "1", "bulletFormat": "%s."} if numbered else {"bulletType": "bullet", "start": "•"}
    return ListFlowable(
        [Paragraph(escape(item), BODY) for item in items], leftIndent=16, bulletColor=TEAL, **start
    )


def _grid(rows: tuple[tuple[str, ...], ...]) -> Grid:
    head, *rest = rows
    cells = [[Paragraph(escape(cell), HEAD_CELL) for cell in head]]
    cells += [[Paragraph(escape(cell), CELL) for cell in row] for row in rest]
    look = [
        ("BACKGROUND", (0, 0), (-1, 0), TEAL),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [HexColor("#ffffff"), PALE]),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor("#bcd0d6")),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
    ]
    return Grid(cells, colWidths=_widths(rows), style=look, repeatRows=1, hAlign="LEFT", spaceAfter=12)


def _widths(rows: tuple[tuple[str, ...], ...]) -> list[float]:
    """Columns as wide as their longest cell asks for, within a fair share of the page."""
    wanted = [min(max(len(cell) for cell in column), 52) + 6 for column in zip(*rows, strict=True)]
    return [WIDTH * share / sum(wanted) for share in wanted]
