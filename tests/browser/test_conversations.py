"""What people do with what they asked: find, name, share, change, repeat and forget it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from services.database.tables.library import CollectionGrant
from services.identity import permissions
from services.resources import Resources
from tests.browser.conftest import Visit, signed_in
from tests.company import Company
from tests.travel import QUESTION, TRUE, UNANSWERABLE

pytestmark = pytest.mark.browser


@pytest.fixture
def cyd(chromium: Browser, address: str, company: Company) -> Iterator[Visit]:
    """A colleague's window, who may read nothing of it."""
    company.person("cyd", "others")
    with signed_in(chromium, address, company, login="cyd") as visit:
        yield visit


def ask(page: Page, question: str) -> None:
    page.get_by_label("Ask a question about your documents").fill(question)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("release")).to_be_visible()


def test_conversation_is_found_named_and_forgotten(ada: Visit) -> None:
    page = ada.page
    ada.open()
    ask(page, QUESTION)
    page.get_by_role("link", name="Conversations").click()
    rows = page.get_by_test_id("conversation")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("travel")
    ada.picture("conversations")
    page.get_by_label("Search titles").fill("violin")
    expect(page.get_by_text("No conversation of yours matches.")).to_be_visible()
    page.get_by_label("Search titles").fill("euros")
    page.get_by_role("button", name="Actions for").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_label("Title", exact=True).fill("Hotels")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Hotels").click()
    expect(page.get_by_role("main")).to_contain_text(TRUE)
    ada.picture("transcript")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("You have not asked anything yet.")).to_be_visible()
    ada.require_quiet()


def test_changed_question_is_asked_anew_in_its_conversation(ada: Visit) -> None:
    page = ada.page
    ada.open()
    ask(page, UNANSWERABLE)
    first = page.url
    page.get_by_role("button", name="Edit the question").click()
    page.get_by_label("The question, to be asked anew").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(first)
    expect(page.get_by_test_id("citation").first).to_be_visible()
    earlier = page.get_by_role("navigation", name="Earlier in this conversation")
    expect(earlier.get_by_role("link")).to_have_text([UNANSWERABLE])
    ada.require_quiet()


def test_shared_answer_is_shown_to_those_who_may_read_its_sources(
    ada: Visit, cyd: Visit, company: Company
) -> None:
    page = ada.page
    ada.open()
    ask(page, QUESTION)
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Create link").click()
    link = page.get_by_role("textbox", name="Link")

    ada.picture("share")
    path = "/shared/" + link.input_value()[-32:]
    cyd.open(path)
    expect(cyd.page.get_by_text("This link has ended")).to_be_visible()
    company.people["bob"] = company.person("bob", "travellers")
    name, _, token = company.session("bob")["Cookie"].partition("=")
    cyd.context.add_cookies([{"name": name, "value": token, "url": cyd.base_url}])
    cyd.open(path)
    expect(cyd.page.get_by_text("Shared by Ada")).to_be_visible()
    expect(cyd.page.get_by_role("main")).to_contain_text(TRUE)
    cyd.picture("shared")
    page.get_by_test_id("share").get_by_role("button", name="End").click()
    expect(page.get_by_test_id("share")).to_have_count(0)
    cyd.page.reload()
    expect(cyd.page.get_by_text("This link has ended")).to_be_visible()


def test_answer_is_made_again_and_compared(ada: Visit) -> None:
    page = ada.page
    ada.open()
    ask(page, QUESTION)
    page.get_by_role("button", name="The same answer again?").click()
    page.get_by_role("button", name="Make it again").click()
    expect(page.get_by_test_id("replay")).to_contain_text("Identical, to the letter")
    ada.picture("replay")
    ada.require_quiet()


def test_refusal_says_who_looks_after_the_collection(
    ada: Visit, company: Company, resources: Resources
) -> None:
    keepers = company.library.group("Travel desk")
    with resources.transactions.write() as session:
        granted = session.scalars(select(CollectionGrant)).all()
        session.add(
            CollectionGrant(
                collection_id=granted[0].collection_id, group_id=keepers, access=permissions.CURATE
            )
        )
    ada.open()
    ask(ada.page, "Which hotel in Lyon won the Reykjavik chess championship?")
    expect(ada.page.locator("[data-kind=refused]")).to_contain_text("Travel desk")
    ada.picture("refused-whom")


def test_keyboard_shows_what_a_number_stands_for(ada: Visit) -> None:
    page = ada.page
    ada.open()
    ask(page, QUESTION)
    chip = page.get_by_test_id("citation").first
    for _ in range(40):
        page.keyboard.press("Tab")
        if chip.evaluate("one => one === document.activeElement"):
            break
    expect(page.get_by_role("dialog")).to_contain_text(TRUE)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
