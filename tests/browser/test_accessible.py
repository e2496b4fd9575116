"""Every view passes axe, light and dark, wide and as narrow as a phone; nothing scrolls out of sight."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import axe
from tests.browser.conftest import Visit, administrator, visiting
from tests.company import Company
from tests.quality import figures
from tests.quality.figures import Figure
from tests.travel import QUESTION, UNANSWERABLE

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "dark"}
VIEWS = [
    "/",
    "/search?q=hotel",
    "/conversations",
    "/library",
    "/library/travel",
    "/documents/{document}",
    "/documents/{document}?tab=versions",
    "/documents/{document}?tab=readers",
    "/sources",
    "/report",
    "/account/keys",
    "/admin",
    "/admin/people",
    "/admin/groups",
    "/admin/model",
    "/admin/audit",
]


def settled(page: Page) -> None:
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".mantine-Loader-root")).to_have_count(0)


def findings(visit: Visit, views: list[str], look: str) -> list[str]:
    found: list[str] = []
    for view in views:
        visit.open(view)
        settled(visit.page)
        visit.picture(
            f"view{view.partition('?')[0].replace('/', '-')}{view.partition('=')[2][:9]}-{look}"[:60]
        )
        found += [f"{look} {view}: {one}" for one in axe.serious(visit.page)]
        assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), view
    return found


def test_no_view_has_a_serious_finding(
    chromium: Browser, address: str, company: Company, document: str
) -> None:
    views = [view.format(document=document) for view in VIEWS]
    with administrator(chromium, address, company) as visit:
        found = findings(visit, views, "light")
        found += answers_found(visit)
        visit.require_quiet()
    narrow = views[::2]  # every other one: what differs on a phone is the frame around them
    with administrator(chromium, address, company, **PHONE) as visit:
        found += findings(visit, narrow, "phone-dark")
        visit.require_quiet()
    with visiting(chromium, address) as visit:
        visit.open()
        found += axe.serious(visit.page)
    of = f"of {len(views) + len(narrow) + 3} views"
    figures.write("axe", [Figure("axe_serious", len(found), "", "= 0", "make web-figures", of)])
    assert found == []


def answers_found(visit: Visit) -> list[str]:
    """An answer with its source beside it, and a refusal."""
    page, found = visit.page, []
    for question in (QUESTION, UNANSWERABLE):
        visit.open()
        page.get_by_label("Ask a question about your documents").fill(question)
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("release")).to_be_visible()
        if question == QUESTION:
            page.get_by_test_id("citation").first.click()
            expect(page.get_by_test_id("highlight")).to_be_visible()
        found += [f"{question}: {one}" for one in axe.serious(page)]
    return found
