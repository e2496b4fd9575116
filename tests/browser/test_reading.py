"""The reader draws the document itself: the cited page of a PDF, its sentence marked among the words."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from services.database.tables.audit import AuditEntry
from services.database.tables.library import Version
from services.resources import Resources
from tests.browser.conftest import Visit
from tests.browser.small_pdf import small_pdf
from tests.company import Company
from tests.fakes_ground import FakeLanguageModel
from tests.travel import PIECES, QUESTION, TRUE

pytestmark = pytest.mark.browser
# As a page of paper breaks it: the marked words lie in two lines.
LINES = ["Travel", "Employees may claim up to 45 euros per", "night for a hotel in Lyon.", "And so on."]


def printed(company: Company, resources: Resources, pdf: bytes) -> None:
    """The policy again, as a PDF beside the collection's text."""
    (chunk,) = company.add("printed", "printed-policy.pdf", [TRUE], "travellers")
    with resources.transactions.write() as session:
        document = company.library.document_of(chunk)
        version = session.scalars(select(Version).where(Version.document_id == document)).one()
        version.file_digest = resources.files.save_bytes(pdf)
        version.media_type = "application/pdf"


def opened(visit: Visit) -> None:
    """Ask, and open the source that is a PDF."""
    page = visit.page
    visit.open()
    page.get_by_label("Ask a question about your documents").fill(QUESTION)
    page.get_by_role("button", name="Where to look").click()
    page.get_by_label("printed").check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_test_id("release")).to_be_visible()
    page.get_by_test_id("citation").first.click()


def test_pdf_is_drawn_with_its_sentence_marked(
    ada: Visit, company: Company, resources: Resources, model: FakeLanguageModel
) -> None:
    model.pieces = PIECES[:1]
    printed(company, resources, small_pdf(LINES))
    opened(ada)
    drawn = ada.page.get_by_test_id("pdf-page")
    expect(drawn.get_by_test_id("highlight")).to_have_text([LINES[1], LINES[2].removesuffix(".")])
    expect(drawn).to_have_attribute("data-drawn", "true")
    expect(ada.page.get_by_text("Page 1 of 1")).to_be_visible()
    ada.picture("reader-pdf")
    ada.page.get_by_role("button", name="Show stored text").click()
    expect(ada.page.get_by_test_id("highlight")).to_have_text(TRUE)
    with resources.transactions.read() as session:
        read = session.scalars(select(AuditEntry.action).where(AuditEntry.action == "document.file")).all()
    assert len(read) == 1
    ada.require_quiet()


def test_page_without_the_sentence_has_the_stored_text_beside_it(
    ada: Visit, company: Company, resources: Resources, model: FakeLanguageModel
) -> None:
    model.pieces = PIECES[:1]
    printed(company, resources, small_pdf(["A scan of something else."]))
    opened(ada)
    expect(ada.page.get_by_text("was not found among the words of this page")).to_be_visible()
    expect(ada.page.get_by_test_id("highlight")).to_have_text(TRUE)
    ada.picture("reader-pdf-missed")
    ada.require_quiet()


def test_file_that_is_no_pdf_is_read_as_its_text(
    ada: Visit, company: Company, resources: Resources, model: FakeLanguageModel
) -> None:
    model.pieces = PIECES[:1]
    printed(company, resources, b"%PDF-1.4 and nothing more")
    opened(ada)
    expect(ada.page.get_by_text("The original cannot be drawn here")).to_be_visible()
    expect(ada.page.get_by_test_id("highlight")).to_have_text(TRUE)
