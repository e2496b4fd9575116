"""What many tests stand on: real parts started once a session, and a fresh migrated database a test."""

import itertools
import logging
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import make_url

from services.adapters.chroma import ChunkIndex
from services.adapters.embedder import Embedder, bundled_folder
from services.database.session import Transactions, open_engine
from services.identity import last_use
from services.release import Lock
from services.resources import Resources
from services.settings import Settings
from tests.chroma_server import ChromaServer, running_chroma
from tests.ground import close_ground, open_ground, provisional_lock
from tests.parts import (
    PostgresServer,
    RedisServer,
    SqliteTemplate,
    migrate,
    running_postgres,
    running_redis,
)

pytest_plugins = ["tests.running_product", "tests.scratch", "tests.side_by_side"]
# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")
SECRET = "s" * 32


@pytest.fixture(autouse=True)
def logging_stays_as_it_was() -> Iterator[None]:
    """A process sets up its logs once; a test that opens one inside the tests' own must not."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def pytest_unconfigure() -> None:
    """Servers that end with the interpreter still log, when the stream they log to is closed already."""
    logging.raiseExceptions = False


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of the database that tests get copies of."""
    url = postgres.database()
    migrate(Settings(data_dir=tmp_path_factory.mktemp("migrated"), database={"url": url}))
    return str(make_url(url).database)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    return SqliteTemplate(tmp_path_factory.mktemp("migrated-sqlite"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without tables; empty for the SQLite file in the data folder."""
    if request.param == "sqlite":
        yield ""
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.database()
    yield url
    server.drop(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a data folder and a migrated database of the test's own."""
    if request.param == "sqlite":
        request.getfixturevalue("migrated_sqlite").copy_to(tmp_path)
        yield Settings(data_dir=tmp_path, secret_key=SECRET)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.database(request.getfixturevalue("migrated_postgres"))
    yield Settings(data_dir=tmp_path, secret_key=SECRET, database={"url": url})
    server.drop(url)


@pytest.fixture
def transactions(settings: Settings) -> Iterator[Transactions]:
    engine = open_engine(settings)
    yield Transactions(engine)
    last_use.settle()
    engine.dispose()


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture(scope="session")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    with running_chroma(tmp_path_factory.mktemp("chroma")) as server:
        yield server


@pytest.fixture(scope="session")
def generations() -> Iterator[str]:
    """Names for collections, so that tests that share a Chroma server do not meet."""
    return (f"test-{number}" for number in itertools.count())


@pytest.fixture
def chunk_index(chroma: ChromaServer, generations: Iterator[str]) -> Iterator[ChunkIndex]:
    index = chroma.index(next(generations))
    yield index
    index.close()


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return Embedder(bundled_folder(), "bundled", threads=2)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the lock's model folders lie in."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def lock(models: Path) -> Lock:
    return provisional_lock(models)


@pytest.fixture
def resources(settings: Settings, transactions: Transactions, lock: Lock) -> Iterator[Resources]:
    """Real database and file store, fakes for everything else."""
    opened = open_ground(settings, transactions, lock)
    yield opened
    close_ground(opened)
