"""A source written as a workbook: one sheet for each heading's table."""

import io
from datetime import date, datetime, time

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from deploy.demo import markup
from deploy.demo.formats import archive

HEAD_FONT, HEAD_FILL = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="0F5C6E")


def draw(source: markup.Source) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title, book.properties.creator = source.title, "Aldermoor Instruments"
    book.properties.created = datetime.combine(date.fromisoformat(source.about["date"]), time())
    for heading, table in markup.sections(source.parts):
        assert isinstance(heading, markup.Heading)
        assert isinstance(table, markup.Table)
        _fill(book.create_sheet(heading.text), table.rows)
    written = io.BytesIO()
    book.save(written)
    return archive.settle(written.getvalue())


def _fill(sheet: Worksheet, rows: tuple[tuple[str, ...], ...]) -> None:
    for row in rows:
        sheet.append([_value(cell) for cell in row])
    for cell in sheet[1]:
        cell.font, cell.fill, cell.alignment = HEAD_FONT, HEAD_FILL, Alignment(wrap_text=True)
    for number, column in enumerate(zip(*rows, strict=True), 1):
        sheet.column_dimensions[get_column_letter(number)].width = max(len(cell) for cell in column) + 3
    sheet.freeze_panes = "A2"


def _value(cell: str) -> int | str:
    return int(cell) if cell.isdigit() else cell
