"""What an administrator does on the page: people, groups, the health of the parts, the audit."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def test_person_comes_into_a_group_and_is_suspended(ida: Visit) -> None:
    page = ida.page
    ida.open("/admin/groups")
    page.get_by_label("Name").fill("night shift")
    page.get_by_role("button", name="New group").click()
    expect(page.get_by_test_id("group").filter(has_text="night shift")).to_contain_text("0 members")
    page.get_by_role("link", name="People").click()
    page.get_by_role("button", name="New person").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Login").fill("noor")
    dialog.get_by_label("Password").first.fill("a-long-enough-password")
    dialog.get_by_label("night shift").check()
    dialog.get_by_role("button", name="Save").click()
    row = page.get_by_test_id("person").filter(has_text="noor")
    expect(row).to_contain_text("night shift")
    page.get_by_role("button", name="Change noor").click()
    dialog.get_by_label("May sign in").uncheck()
    dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Suspended")
    ida.picture("people")
    page.get_by_role("link", name="Audit").click()
    expect(page.get_by_test_id("audit-entry").first).to_contain_text("ida")
    page.get_by_role("link", name="Overview").click()
    expect(page.locator("[data-testid=part][data-works=true]")).to_have_count(5)
    ida.require_quiet()
