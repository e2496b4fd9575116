"""Real Chromium on the built page; every visit is watched for noise and for calls to another host."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from deploy.bootstrap import browser as bootstrap
from services.database.tables.library import CollectionGrant
from services.identity import permissions
from services.resources import Resources
from services.settings import Settings
from tests.company import Company
from tests.fakes_ground import FakeLanguageModel
from tests.parts import SqliteTemplate
from tests.served import serving
from tests.travel import PIECES, TEXTS

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
WAIT_MS = 60_000


@dataclass
class Visit:
    """One browser window, what it said and whom it called."""

    base_url: str
    context: BrowserContext
    page: Page
    said: list[str] = field(default_factory=list)
    called: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.context.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.context.on("request", lambda request: self.called.add(urlsplit(request.url).netloc))
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))

    def open(self, path: str = "/") -> None:
        self.page.goto(self.base_url + path)

    def picture(self, name: str) -> None:
        """A screenshot for people to look at, once everything has stopped moving."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")

    def require_quiet(self) -> None:
        """Nothing on the console (errors, warnings, refusals of the policy) and no call to another host."""
        assert self.said == []
        assert self.called <= {urlsplit(self.base_url).netloc, ""}


OpenVisit = Callable[..., Visit]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser, or the reason why there is none."""
    found = bootstrap.find()
    if found is None:
        pytest.skip("no Chromium: install Debian's chromium, or put a Chrome on PATH")
    if not (ROOT / "services" / "web" / "dist" / "index.html").is_file():
        pytest.skip("the page is not built: run `make web`")
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        browser.close()


@contextmanager
def visiting(chromium: Browser, base_url: str, **look: Any) -> Iterator[Visit]:
    context = chromium.new_context(locale="en-GB", **({"viewport": {"width": 1440, "height": 900}} | look))
    context.set_default_timeout(WAIT_MS)
    yield Visit(base_url, context, context.new_page())
    context.close()


@pytest.fixture
def settings(migrated_sqlite: SqliteTemplate, tmp_path: Path) -> Settings:
    """One database is enough here: the page cannot tell them apart."""
    migrated_sqlite.copy_to(tmp_path)
    return Settings(data_dir=tmp_path, secret_key="s" * 32)


@pytest.fixture
def model() -> FakeLanguageModel:
    return FakeLanguageModel(PIECES)


@pytest.fixture
def company(resources: Resources) -> Company:
    company = Company(resources)
    company.person("ada", "travellers")
    company.add("travel", "travel-policy.txt", TEXTS, "travellers")
    return company


@pytest.fixture
def address(resources: Resources, company: Company, model: FakeLanguageModel) -> Iterator[str]:
    with serving(replace(resources, model=model)) as url:
        yield url


@pytest.fixture
def ada(chromium: Browser, address: str, company: Company) -> Iterator[Visit]:
    """Ada's window, signed in."""
    with signed_in(chromium, address, company) as visit:
        yield visit


@contextmanager
def signed_in(
    chromium: Browser, address: str, company: Company, login: str = "ada", **look: Any
) -> Iterator[Visit]:
    name, _, token = company.session(login)["Cookie"].partition("=")
    with visiting(chromium, address, **look) as visit:
        visit.context.add_cookies([{"name": name, "value": token, "url": address}])
        visit.context.add_init_script("localStorage.setItem('holdfast-signed-in', 'yes')")
        yield visit


@contextmanager
def administrator(chromium: Browser, address: str, company: Company, **look: Any) -> Iterator[Visit]:
    with signed_in(chromium, address, company, login="ida", **look) as visit:
        yield visit


@pytest.fixture
def ida(chromium: Browser, address: str, company: Company, document: str) -> Iterator[Visit]:
    """An administrator's window, who also looks after a collection."""
    with administrator(chromium, address, company) as visit:
        yield visit


@pytest.fixture
def document(company: Company, resources: Resources) -> str:
    """A document of two versions, in a collection that an administrator looks after."""
    company.person("ida", "librarians", "travellers", is_admin=True)
    collection = company.library.collection("rules", "travellers", "librarians")
    with resources.transactions.write() as session:
        grant = session.get_one(CollectionGrant, (collection, company.library.group("librarians")))
        grant.access = permissions.CURATE
    company.library.add(collection, "leave.md", ["Annual leave is 28 days.\nIt is asked for."])
    newest = company.library.add(collection, "leave.md", ["Annual leave is 30 days.\nIt is asked for."])
    return company.library.document_of(newest[0])
