"""Every view on the real api with a scripted model: what a person sees, and that the page keeps quiet."""

import gzip

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROOT, Visit, signed_in, visiting
from tests.company import Company
from tests.fakes_ground import FakeLanguageModel
from tests.quality import figures
from tests.quality.figures import Figure
from tests.travel import LIE, QUESTION, TRUE, UNANSWERABLE

pytestmark = pytest.mark.browser
DIST = ROOT / "services" / "web" / "dist"
FIRST_VIEW_BYTES = 350 * 1000  # gzipped
LOADED = "performance.getEntriesByType('resource').map(one => new URL(one.name).pathname)"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "dark"}


def ask(page: Page, question: str) -> None:
    page.get_by_label("Ask a question about your documents").fill(question)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("release")).to_be_visible()


def test_stranger_is_asked_to_sign_in_without_a_call_that_must_fail(chromium: Browser, address: str) -> None:
    with visiting(chromium, address) as visit:
        visit.open("/library")
        expect(visit.page.get_by_role("button", name="Sign in")).to_be_visible()
        visit.require_quiet()


def test_first_view_is_small(ada: Visit) -> None:
    ada.open()
    expect(ada.page.get_by_label("Ask a question about your documents")).to_be_visible()
    loaded = ada.page.evaluate(
        "performance.getEntriesByType('resource').map(one => new URL(one.name).pathname)"
    )
    files = [DIST / path.lstrip("/") for path in loaded if path.startswith("/assets/")]
    assert len(files) > 3
    size = sum(len(gzip.compress(file.read_bytes())) for file in files)
    figure = Figure(
        "first_view_kb_gzip", round(size / 1000, 1), "kB", "≤ 350", "make web-figures", f"{len(files)} files"
    )
    figures.write("first_view", [figure])
    assert size <= FIRST_VIEW_BYTES


def test_answer_shows_its_sentence_in_the_document(ada: Visit) -> None:
    ada.open()
    ask(ada.page, QUESTION)
    ada.page.get_by_test_id("citation").first.click()
    expect(ada.page.get_by_test_id("highlight")).to_have_text(TRUE)
    ada.page.get_by_role("button", name="Show whole document").click()
    expect(ada.page.get_by_test_id("highlight")).to_have_text(TRUE)
    ada.picture("answer-scripted")
    ada.page.keyboard.press("Escape")
    expect(ada.page.get_by_test_id("reader")).to_have_count(0)
    ada.require_quiet()


def test_answer_has_an_address_of_its_own(ada: Visit) -> None:
    ada.open()
    ask(ada.page, QUESTION)
    ada.page.reload()
    expect(ada.page.get_by_role("article")).to_contain_text("45 euros")
    expect(ada.page.get_by_role("link", name=QUESTION)).to_have_attribute("aria-current", "page")
    ada.require_quiet()


def test_refusal_and_quotation_do_not_look_like_an_answer(ada: Visit, model: FakeLanguageModel) -> None:
    ada.open()
    ask(ada.page, UNANSWERABLE)
    expect(ada.page.locator("[data-kind=refused]")).to_be_visible()
    ada.picture("refused")
    model.pieces = [LIE]
    ada.page.get_by_role("link", name="New question").click()
    ask(ada.page, QUESTION)
    expect(ada.page.locator("[data-kind=quoted]")).to_be_visible()
    expect(ada.page.get_by_role("article")).not_to_contain_text("90 euros")
    ada.picture("quoted")
    ada.require_quiet()


def test_dead_engine_leaves_the_passages(ada: Visit, model: FakeLanguageModel) -> None:
    model.is_down = True
    ada.open()
    ada.page.get_by_label("Ask a question about your documents").fill(QUESTION)
    ada.page.keyboard.press("Enter")
    expect(ada.page.get_by_role("alert")).to_contain_text("The model is not available")
    expect(ada.page.get_by_test_id("passage-card").first).to_contain_text("45 euros")
    ada.picture("engine-down")


def test_search_opens_a_passage_without_the_model(ada: Visit, model: FakeLanguageModel) -> None:
    model.is_down = True
    ada.open("/search")
    ada.page.get_by_label("Words or a question").fill("hotel in Lyon")
    ada.page.keyboard.press("Enter")
    ada.page.get_by_test_id("passage-card").first.click()
    expect(ada.page.get_by_test_id("passage")).to_contain_text("45 euros")
    ada.picture("search")
    ada.require_quiet()


def test_key_is_shown_once_and_can_be_revoked(ada: Visit) -> None:
    page = ada.page
    ada.open("/account/keys")
    page.get_by_role("button", name="Create key").click()
    page.get_by_label("Name").fill("nightly report")
    page.get_by_role("dialog").get_by_role("button", name="Create key").click()
    expect(page.get_by_test_id("api-key")).to_contain_text("hf_")
    page.get_by_role("button", name="I have copied it").click()
    expect(page.get_by_test_id("api-key")).to_have_count(0)
    page.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("nightly report")).to_have_count(0)
    ada.require_quiet()


def test_foreign_markup_stays_words(ada: Visit, company: Company, model: FakeLanguageModel) -> None:
    trap = "<img src=https://evil.example/x onerror=document.title='caught'> **Bridge** toll is 12 euros."
    company.add("traps", "<img src=x onerror=alert(1)>.txt", [trap], "travellers")
    model.pieces = [trap, " ![x](https://evil.example/y.png)"]
    ada.open()
    ask(ada.page, "How much is the <b>Bridge</b> toll <img src=https://evil.example/z>?")
    ada.page.get_by_test_id("citation").or_(ada.page.get_by_test_id("passage-card")).first.click()
    expect(ada.page.get_by_test_id("passage")).to_contain_text("onerror")
    assert ada.page.title() == "Holdfast"
    assert ada.page.locator("img").count() == 0
    ada.require_quiet()


def test_phone_reads_its_source_in_a_drawer(chromium: Browser, address: str, company: Company) -> None:
    with signed_in(chromium, address, company, **PHONE) as visit:
        visit.open()
        ask(visit.page, QUESTION)
        visit.page.get_by_test_id("citation").first.click()
        expect(visit.page.get_by_role("dialog").get_by_test_id("highlight")).to_have_text(TRUE)
        visit.picture("phone-dark")
        width = visit.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["viewport"]["width"]
        visit.require_quiet()


def test_keyboard_alone_reaches_a_source(ada: Visit) -> None:
    page = ada.page
    ada.open()
    ask(page, QUESTION)
    chip = page.get_by_test_id("citation").first
    for _ in range(40):
        page.keyboard.press("Tab")
        if chip.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("highlight")).to_be_visible()


def test_signing_out_ends_the_session(ada: Visit) -> None:
    ada.open()
    ada.page.get_by_role("button", name="Account: Ada").click()
    ada.page.get_by_role("menuitem", name="Sign out").click()
    expect(ada.page.get_by_role("button", name="Sign in")).to_be_visible()
    refused = ada.context.request.get(f"{ada.base_url}/api/v1/session")
    assert refused.status == 401


def test_further_question_stays_in_its_conversation(ada: Visit) -> None:
    ada.open()
    ask(ada.page, QUESTION)
    first = ada.page.url
    ada.page.get_by_label("Ask a question about your documents").fill("And what of the receipts?")
    ada.page.keyboard.press("Enter")
    expect(ada.page).not_to_have_url(first)
    expect(ada.page.get_by_test_id("release")).to_be_visible()
    before = ada.page.get_by_role("navigation", name="Earlier in this conversation")
    expect(before.get_by_role("link")).to_have_text([QUESTION])
    ada.picture("conversation")
    before.get_by_role("link").click()
    expect(ada.page).to_have_url(first)
    ada.require_quiet()


def test_thumb_down_asks_what_would_have_been_right(ada: Visit) -> None:
    ada.open()
    ask(ada.page, QUESTION)
    ada.page.get_by_role("button", name="This is wrong or misses something").click()
    ada.page.get_by_label("What would have been right?").fill("It is 50 euros since May.")
    ada.picture("feedback")
    ada.page.get_by_role("button", name="Send").click()
    expect(ada.page.get_by_text("Thank you.")).to_be_visible()
    ada.require_quiet()


def test_page_speaks_german(ada: Visit) -> None:
    ada.open()
    ada.page.get_by_role("button", name="Account").click()
    ada.page.get_by_text("Deutsch", exact=True).click()
    expect(ada.page.get_by_role("heading", name="Was möchten Sie wissen?")).to_be_visible()
    assert ada.page.evaluate("document.documentElement.lang") == "de"
    ada.picture("german")
    ada.require_quiet()
