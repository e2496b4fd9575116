"""What a knowledge manager does in the library, on the real api: look, compare, add a folder, remove."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.fakes_ground import FakeLanguageModel
from tests.travel import QUESTION

pytestmark = pytest.mark.browser


def test_document_shows_its_text_and_what_changed(ida: Visit, document: str) -> None:
    page = ida.page
    ida.open("/library")
    page.get_by_role("link", name="rules").click()
    expect(page.get_by_text("Readable by librarians, travellers")).to_be_visible()
    page.get_by_role("link", name="leave.md").click()
    page.get_by_label("Find in the text").fill("30 DAYS")
    expect(page.get_by_test_id("highlight")).to_have_text("30 days")
    page.get_by_role("link", name="Versions").click()
    page.get_by_role("button", name="Compare").click()
    diff = page.get_by_test_id("diff")
    expect(diff).to_contain_text("1 line added, 1 removed")
    expect(diff.locator("[data-kind=removed]")).to_contain_text("28 days")
    page.get_by_role("link", name="Who can see this").click()
    page.get_by_label("librarians").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Narrowed to")).to_be_visible()
    ida.picture("document-readers")
    ida.require_quiet()


def test_folder_keeps_its_paths_and_a_removal_has_a_receipt(ida: Visit, tmp_path: Path) -> None:
    folder = tmp_path / "plans"
    (folder / "old").mkdir(parents=True)
    (folder / "old" / "one.txt").write_text("The first plan.")
    (folder / "two.txt").write_text("The second plan.")
    (folder / ".hidden").write_text("nothing")
    page = ida.page
    ida.open("/library/rules")
    page.get_by_label("Add a folder").set_input_files(folder)
    uploads = page.get_by_test_id("uploads")
    expect(uploads).to_contain_text("1 hidden file was left out")
    row = page.get_by_test_id("document").filter(has_text="plans/old/one.txt")
    expect(row).to_be_visible()
    page.get_by_label("Find by name").fill("two plans")
    expect(page.get_by_test_id("document")).to_have_count(1)
    page.get_by_label("Find by name").fill("leave")
    page.get_by_role("button", name="Actions for leave.md").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_test_id("receipt")).to_contain_text("No answer uses this document any more")
    ida.picture("receipt")
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    expect(page.get_by_test_id("document")).to_have_count(0)
    ida.require_quiet()


def test_one_box_finds_passages_that_filters_narrow(ada: Visit, model: FakeLanguageModel) -> None:
    model.is_down = True
    page = ada.page
    ada.open()
    expect(page.get_by_text("The model is not available right now.")).to_be_visible()
    page.get_by_text("Passages", exact=True).click()
    page.get_by_label("Ask a question about your documents").fill("hotel in Lyon")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("passage-card").first).to_contain_text("45 euros")
    page.get_by_label("Kind of file").select_option("pdf")
    expect(page.get_by_text("No passage you may read comes close.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Kind of file")).to_have_value("pdf")
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_test_id("passage-card").first).to_be_visible()
    ada.open("/admin")
    expect(page.get_by_label("Ask a question about your documents")).to_be_visible()
    ada.require_quiet()


def test_answer_is_saved_as_markdown(ada: Visit) -> None:
    page = ada.page
    ada.open()
    page.get_by_label("Ask a question about your documents").fill(QUESTION)
    page.keyboard.press("Enter")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as Markdown").click()
    assert saved.value.suggested_filename.startswith("how-much-may-employees-claim")
    text = Path(saved.value.path()).read_text()
    assert "[1]" in text
    assert "**travel-policy.txt**, page 1" in text
    ada.require_quiet()
