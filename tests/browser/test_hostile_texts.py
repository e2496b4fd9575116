"""Hostile texts wherever foreign text is shown: nothing runs, nothing leaves, every one is there to read."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.browser.conftest import Visit, administrator
from tests.browser.hostile_company import Hostile, fill
from tests.browser.hostile_texts import HOST, RUNS, SENDS
from tests.company import Company
from tests.quality import figures
from tests.quality.figures import Figure

pytestmark = pytest.mark.browser
# What could run or load without a click, and what would with one: none of it may be in the page at all.
ARMED = """() => [...document.querySelectorAll('*')].flatMap(one => [...one.attributes]
  .filter(({name, value}) => /^on/.test(name)
    || (/^(?:href|src|srcset|action|formaction|data|poster|background|ping|xlink:href|style)$/.test(name)
        && (/^\\s*(?:javascript|vbscript|data:text)/i.test(value) || value.includes('evil.example'))))
  .map(({name, value}) => `${one.tagName} ${name}=${value}`.slice(0, 120)))"""
WORDS = """() => document.body.textContent + ' ' + [...document.querySelectorAll('input')]
  .map(one => one.value).join(' ')"""


@dataclass
class Watch:
    """What ran and what was asked for elsewhere, over all pages of one session."""

    visit: Visit
    ran: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    places: int = 0

    def __post_init__(self) -> None:
        self.visit.page.expose_function("caught", lambda number: self.ran.append(f"caught({number})"))
        self.visit.page.on("dialog", lambda dialog: (self.ran.append(dialog.message), dialog.dismiss()))
        self.visit.context.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        place = urlsplit(request.url)
        if place.scheme in ("http", "https", "ws", "wss") and not self.visit.base_url.endswith(place.netloc):
            self.sent.append(request.url)

    def look(self, name: str, marks: Callable[[int], str], of: range) -> None:
        """Whether each text is there to be read, and nothing of it is more than words."""
        page = self.visit.page
        words = page.evaluate(WORDS)
        self.unseen += [f"{name}: {marks(number)}" for number in of if marks(number) not in words]
        for found in page.evaluate(ARMED):
            (self.sent if HOST in found else self.ran).append(f"{name}: {found}")
        self.places += 1


def ran(number: int) -> str:
    return f"caught({number})"


def sends(number: int) -> str:
    return f"{HOST}/{number}"


def look_at_both(watch: Watch, name: str) -> None:
    watch.look(name, ran, range(len(RUNS)))
    watch.look(name, sends, range(len(SENDS)))


def show_all(page: Page, rows: str, count: int) -> None:
    """Every page of a list."""
    more = page.get_by_role("button", name="Show more")
    expect(page.locator(rows).first).to_be_visible()
    while page.locator(rows).count() < count:
        before = page.locator(rows).count()
        more.last.click()
        expect(page.locator(rows)).not_to_have_count(before)


def test_nothing_runs_and_nothing_leaves(
    chromium: Browser, address: str, company: Company, document: str
) -> None:
    made = fill(company, "ida")
    with administrator(chromium, address, company) as visit:
        watch = Watch(visit)
        require_sight(watch)
        walk_answers(watch, made)
        walk_lists(watch, made)
        walk_errors(watch)
    command = "make web-figures"
    of = f"{len(RUNS)} payloads, {len(SENDS)} forms, looked at {watch.places} times"
    figures.write("hostile", [
        Figure("xss_executed", len(watch.ran), "", "= 0", command, of),
        Figure("exfiltration_requests", len(watch.sent), "", "= 0", command, of),
    ])  # fmt: skip
    assert (watch.ran, watch.sent, watch.unseen) == ([], [], [])
    assert [said for said in visit.said if "Content Security Policy" in said or HOST in said] == []


def require_sight(watch: Watch) -> None:
    """A watch that sees nothing would prove nothing: let it see one of each."""
    watch.visit.open("/live")
    watch.visit.page.evaluate(f"""() => {{
      document.body.innerHTML = '<img src=x onerror=caught(0)><img src=//{HOST}/0>';
      window.caught(1);
      return fetch('//{HOST}/1').catch(() => null);
    }}""")
    watch.look("sight", ran, range(0))
    assert len(watch.ran) == 2
    assert len(watch.sent) >= 2
    for seen in (watch.ran, watch.sent, watch.visit.said):
        seen.clear()


def walk_answers(watch: Watch, made: Hostile) -> None:
    """Questions, sentences, names, headings and quotations; the passages of a refusal are a search's hits."""
    visit, page = watch.visit, watch.visit.page
    visit.open(f"/answers/{made.answered}")
    expect(page.get_by_test_id("release")).to_be_visible()
    look_at_both(watch, "answer")
    page.get_by_test_id("citation").first.hover()
    expect(page.get_by_role("dialog")).to_be_visible()
    watch.look("preview", ran, range(1))
    page.get_by_test_id("citation").first.click()
    expect(page.get_by_test_id("highlight")).to_be_visible()
    look_at_both(watch, "reader")
    visit.open(f"/answers/{made.refused}")
    expect(page.get_by_test_id("passage-card").first).to_be_visible()
    look_at_both(watch, "hits")
    visit.open(f"/conversations/{made.conversation}")
    expect(page.get_by_test_id("passage-card").first).to_be_visible()
    look_at_both(watch, "transcript")


def walk_lists(watch: Watch, made: Hostile) -> None:
    """Whatever has a name or a title."""
    visit, page, every = watch.visit, watch.visit.page, len(RUNS) + len(SENDS)
    visit.open("/conversations")
    show_all(page, "[data-testid=conversation]", every)
    look_at_both(watch, "conversations")
    visit.open("/library")
    expect(page.get_by_text(ran(len(RUNS) - 1)).first).to_be_visible()
    look_at_both(watch, "collections")
    visit.open("/library/named")
    show_all(page, "[data-testid=document]", every)
    look_at_both(watch, "documents")
    visit.open(f"/documents/{made.document}")
    expect(page.get_by_text(ran(0)).first).to_be_visible()
    look_at_both(watch, "stored text")
    for path in ("/admin/groups", "/sources"):
        visit.open(path)
        expect(page.get_by_text(ran(0)).first).to_be_visible()
        look_at_both(watch, path)


def walk_errors(watch: Watch) -> None:
    """What a server says went wrong."""
    words = " ".join([*RUNS, *SENDS])

    def refuse(route: Route) -> None:
        problem = {"type": "x", "title": words, "status": 400, "detail": words, "code": "invalid_request"}
        route.fulfill(status=400, content_type="application/problem+json", body=json.dumps(problem))

    page = watch.visit.page
    page.route("**/api/v1/search", refuse)
    watch.visit.open("/search?q=toll")
    expect(page.get_by_role("alert")).to_be_visible()
    look_at_both(watch, "error")
