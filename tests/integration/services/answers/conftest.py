"""A company that asks: one collection, people with keys, and an engine that says what it was told to."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from services.adapters.vllm import LanguageModel
from services.answers import rewriting
from services.database.session import Transactions
from services.release import Lock
from services.resources import Resources
from services.settings import Answers, Settings
from services.settings import Engine as EngineSettings
from tests.company import Company
from tests.ground import close_ground, open_ground
from tests.parts import SqliteTemplate
from tests.scripted_engine import Engine, Script
from tests.served import serving
from tests.travel import PIECES, TEXTS


@pytest.fixture
def settings(migrated_sqlite: SqliteTemplate, tmp_path: Path) -> Settings:
    """One database is enough here: what differs between the two is tested in the rooms below."""
    migrated_sqlite.copy_to(tmp_path)
    return Settings(
        data_dir=tmp_path,
        secret_key="s" * 32,
        allow_bare_model=True,
        answers=Answers(heartbeat_s=0.05),
        engine=EngineSettings(timeout_s=60, api_key="engine-key"),
    )


@pytest.fixture(autouse=True)
def patient_rewriting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question is made standalone on a slow machine, too, whose engine takes longer than a reader waits."""
    monkeypatch.setattr(rewriting, "_PATIENCE_S", 60.0)


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Path]:
    """A file; while it exists, the engine is silent after its first piece."""
    path = tmp_path / "hold"
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def script(hold: Path) -> Script:
    return Script(says=PIECES, key="engine-key", hold=hold)


@pytest.fixture
def engine(script: Script) -> Iterator[str]:
    """Address of the engine that follows the script."""
    server = Engine(script)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def resources(
    settings: Settings, transactions: Transactions, lock: Lock, models: Path, engine: str
) -> Iterator[Resources]:
    """Real database, files, lexical index and model adapter; the chunk index and embedder are fakes."""
    wanted = settings.engine.model_copy(update={"url": engine})
    tokenizer = models / lock.generator.folder / "tokenizer.json"
    model = LanguageModel(wanted, lock.generator.served_name, str(tokenizer))
    opened = open_ground(settings, transactions, lock, model=model)
    yield opened
    close_ground(opened)


@pytest.fixture
def company(resources: Resources) -> Company:
    company = Company(resources)
    company.person("ada", "travellers")
    company.person("ben", "finance")
    company.add("travel", "travel-policy.txt", TEXTS, "travellers")
    return company


@pytest.fixture
def ada(company: Company) -> dict[str, str]:
    return company.key("ada", "ask", "search")


@pytest.fixture
def address(resources: Resources, company: Company) -> Iterator[str]:
    with serving(resources) as url:
        yield url


@pytest.fixture
def address_without_engine(resources: Resources, company: Company) -> Iterator[str]:
    """A server whose engine's port nobody listens on."""
    dead = EngineSettings(url="http://127.0.0.1:9/v1", api_key="engine-key", timeout_s=2)
    tokenizer = resources.model._tokenizer
    model = LanguageModel(dead, "scripted", None)
    model._tokenizer = tokenizer
    with serving(replace(resources, model=model)) as url:
        yield url
