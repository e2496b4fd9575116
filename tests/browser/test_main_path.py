"""The product's main path as a person walks it: sign in, add a PDF, ask, open the source."""

from collections.abc import Iterator
from typing import Protocol

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visit, launched, visiting
from tests.browser.small_pdf import small_pdf

# The first that asks for the stack waits until it has started.
pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(1200)]

FILE = "harbour-lights.pdf"
SENTENCE = "The lantern on pier nine is lit at 18:25 every evening."
PDF = small_pdf(
    [
        "Harbour lights",
        SENTENCE,
        "A broken lantern is reported to the harbour office before noon.",
        "The lamps along the quay are cleaned on the first Monday of each month.",
    ]
)
QUESTION = "When is the lantern on pier nine lit?"
INGESTION_MS = 240_000
ANSWER_MS = 240_000


class Product(Protocol):
    """What the `stack` fixture offers: a running product and its first administrator."""

    base_url: str
    login: str
    password: str


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One of its own, ended here: what shares the stack with this test needs event loops of its own."""
    with launched() as browser:
        yield browser


@pytest.fixture
def visit(chromium: Browser, stack: Product) -> Iterator[Visit]:
    with visiting(chromium, stack.base_url) as visit:
        yield visit


def test_uploaded_pdf_answers_and_its_sentence_is_highlighted(visit: Visit, stack: Product) -> None:
    sign_in(visit, stack)
    add_document(visit)
    ask(visit)
    open_citation(visit)
    visit.picture("cited-answer")
    visit.require_quiet()


def sign_in(visit: Visit, stack: Product) -> None:
    visit.open()
    visit.picture("sign-in")
    visit.page.get_by_label("Login").fill(stack.login)
    visit.page.get_by_label("Password", exact=True).fill(stack.password)
    visit.page.get_by_role("button", name="Sign in").click()
    expect(visit.page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    visit.picture("ask")


def add_document(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("link", name="Library").click()
    page.get_by_role("link", name="Company handbook").click()
    chooser = page.get_by_label("Add documents").first
    chooser.set_input_files({"name": FILE, "mimeType": "application/pdf", "buffer": PDF})
    uploads = page.get_by_test_id("uploads")
    expect(uploads.get_by_text("Ready to ask")).to_be_visible(timeout=INGESTION_MS)
    row = page.get_by_test_id("document").filter(has_text=FILE)
    expect(row).to_have_attribute("data-state", "visible")
    visit.picture("library")


def ask(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("link", name="New question").click()
    page.get_by_label("Ask a question about your documents").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("release")).to_be_visible(timeout=ANSWER_MS)
    expect(page.get_by_role("article")).to_contain_text("18:25")


def open_citation(visit: Visit) -> None:
    page = visit.page
    chip = page.get_by_test_id("citation").first
    chip.hover()
    expect(page.get_by_role("dialog").get_by_text(FILE)).to_be_visible()
    chip.click()
    reader = page.get_by_test_id("reader")
    expect(reader.get_by_role("heading", name=FILE)).to_be_visible()
    expect(reader).to_contain_text("page 1")
    # On the page itself a sentence may lie in several lines, each marked.
    expect(reader.get_by_test_id("pdf-page")).to_have_attribute("data-drawn", "true")
    expect(reader.get_by_test_id("highlight").filter(has_text="18:25")).to_be_visible()
    page.mouse.move(5, 5)
    expect(page.get_by_role("dialog")).to_have_count(0)
