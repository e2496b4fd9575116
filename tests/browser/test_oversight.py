"""What administrators look at, in a browser: the playground, activity, evaluations, releases, gaps."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from services.database.session import now
from services.database.tables.answers import DONE, REFUSED, Answer
from services.database.tables.drift import CanaryRecord, DriftCheck
from services.database.tables.evaluations import Evaluation
from services.database.tables.library import Document
from services.database.tables.runs import Bulk, Run
from services.resources import Resources
from services.settings import Settings
from tests.browser import axe
from tests.browser.conftest import Visit, administrator
from tests.company import Company
from tests.parts import SqliteTemplate
from tests.unit.services.evaluation.gold import NO_ANSWER, outcome, passage, result

pytestmark = pytest.mark.browser
ASKERS = ("ada", "ben", "cyd")


@pytest.fixture
def settings(migrated_sqlite: SqliteTemplate, tmp_path) -> Settings:
    """As for the other views, with the bare model switched on."""
    migrated_sqlite.copy_to(tmp_path)
    return Settings(data_dir=tmp_path, secret_key="s" * 32, allow_bare_model=True)


@pytest.fixture
def lived(company: Company, document: str, resources: Resources) -> None:
    """A company that has asked for two days, was evaluated twice and drifted once."""
    for login in ASKERS[1:]:
        company.person(login, "travellers")
    with resources.transactions.write() as session:
        session.add_all(_answers(company))
        for number in (1, 2):
            session.add(_evaluation(number))
        record = CanaryRecord(release_id=resources.lock.release_id, file_digest="a" * 64, questions=4)
        session.add(record)
        session.flush()
        for days, state in ((2, "exact"), (1, "drifted"), (0, "exact")):
            session.add(_check(record, state, days))
        bulk = Bulk(title="handbooks", requested_by=company.people["ida"], expected=3)
        session.add(bulk)
        session.flush()
        newest = session.get_one(Document, document).versions[-1]
        session.add(Run(kind="ingest", subject=newest.id, state="waiting", bulk_id=bulk.id))


def _answers(company: Company) -> list[Answer]:
    made = []
    for hour in range(40):
        for login in ASKERS[: 1 + hour % 3]:
            row = Answer(
                asked_by=company.people[login], question="Where is the bicycle garage?", policy="strict"
            )
            row.state = REFUSED if hour % 4 == 0 else DONE
            row.created_at = now() - timedelta(hours=hour)
            row.usage = {"prompt_tokens": 900 + 20 * hour, "completion_tokens": 120}
            row.timings = {"prompt": 80.0, "model": 3000.0 + 50 * hour, "first_sentence": 1200.0}
            made.append(row)
    return made


def _evaluation(number: int) -> Evaluation:
    asked = [outcome(of_it=[passage("28 days")]), outcome(NO_ANSWER, kind="refused", text="no")]
    kept = result(*asked, label=f"run {number}")
    told = kept.model_dump(mode="json", exclude={"format"})
    return Evaluation(**told | {"begun_at": kept.begun_at, "ended_at": kept.ended_at})


def _check(record: CanaryRecord, state: str, days: int) -> DriftCheck:
    findings = {"model": ["3 of 4 questions drew another token"]} if state == "drifted" else {}
    row = DriftCheck(release_id=record.release_id, record_id=record.id, state=state, findings=findings)
    row.checked_at = now() - timedelta(days=days)
    return row


PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "dark"}
SHOWN = {
    "/admin": "figure",
    "/admin/cost": "form",
    "/admin/drift": "[data-testid=drift-check]",
    "/admin/evaluations": "[data-testid=evaluation]",
    "/admin/releases": "[data-testid=part-of-lock]",
    "/admin/settings": "[data-testid=setting]",
    "/admin/playground": "[data-testid=snippet]",
    "/bulks": "[data-testid=bulk]",
    "/gaps": "[data-testid=gap]",
}


def findings(visit: Visit, views: dict[str, str], look: str) -> list[str]:
    found = []
    for view, told in views.items():
        visit.open(view)
        expect(visit.page.locator(told).first).to_be_visible()
        visit.picture(f"oversight{view.replace('/', '-')}-{look}")
        found += [f"{look} {view}: {one}" for one in axe.serious(visit.page)]
        assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), view
    return found


@pytest.mark.usefixtures("lived")
def test_views_show_what_there_is_and_pass_axe(chromium: Browser, address: str, company: Company) -> None:
    with administrator(chromium, address, company) as visit:
        found = findings(visit, SHOWN, "light")
        visit.require_quiet()
    with administrator(chromium, address, company, **PHONE) as visit:
        # Every other one: what differs on a phone is the frame around them.
        found += findings(visit, dict(list(SHOWN.items())[::2]), "phone-dark")
    assert found == []


@pytest.mark.usefixtures("lived")
def test_two_evaluations_are_compared(ida: Visit) -> None:
    page = ida.page
    ida.open("/admin/evaluations")
    runs = page.get_by_test_id("evaluation")
    expect(runs).to_have_count(2)
    for number in range(2):
        runs.nth(number).get_by_role("checkbox").check()
    page.get_by_role("button", name="Compare the two").click()
    expect(page.get_by_test_id("difference").first).to_contain_text("too few questions")
    ida.picture("oversight-comparison")
    assert axe.serious(page) == []
    page.get_by_role("link", name="All runs").click()
    page.get_by_role("link", name="run 1").click()
    expect(page.get_by_test_id("asked")).to_have_count(2)
    ida.require_quiet()


@pytest.mark.usefixtures("lived")
def test_bulk_is_held_back_and_goes_on(ida: Visit) -> None:
    page = ida.page
    ida.open("/bulks")
    bulk = page.get_by_test_id("bulk")
    bulk.get_by_role("button", name="Hold back").click()
    expect(bulk).to_contain_text("1 held back")
    bulk.get_by_role("button", name="Go on").click()
    expect(bulk).to_contain_text("1 waiting")
    bulk.get_by_role("button", name="Files").click()
    expect(bulk.get_by_test_id("bulk-job")).to_contain_text("leave.md")
    ida.require_quiet()


def test_playground_colours_tokens_and_tells_what_it_took(ida: Visit) -> None:
    page = ida.page
    ida.open("/admin/playground")
    page.get_by_label("Text to go on with").fill("Employees may")
    expect(page.get_by_test_id("snippet")).to_contain_text('"prompt": "Employees may"')
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_test_id("metrics")).to_contain_text("2New tokens")
    page.get_by_test_id("played").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("token")).to_contain_text("78 %")
    ida.picture("oversight-played")
    assert axe.serious(page) == []
    page.get_by_text("Chat", exact=True).click()
    page.get_by_label("Your message").fill("And then?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_test_id("played")).to_be_visible()
    page.get_by_text("Python", exact=True).click()
    expect(page.get_by_test_id("snippet")).to_contain_text("httpx.post")
    ida.picture("oversight-chat")
    ida.require_quiet()
