"""The corpus report of the demo company, made without a running installation: read, chunked, reported."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ingestion import pipeline
from services.adapters.embedder import Embedder
from services.adapters.file_store import StoredFile
from services.corpus import gathering, report
from services.corpus.schemas import CorpusReport
from services.database.session import Transactions, now, open_engine
from services.database.tables.library import Collection
from services.documents import library
from services.identity.callers import Caller
from services.media_types import detect_media_type
from services.release import Lock
from services.resources import Resources
from services.settings import Settings
from tests.company import Company
from tests.fakes import FakeEmbedder
from tests.ground import close_ground, open_ground, provisional_lock
from tests.parts import migrate

STALE_DAYS = 365
READER = "curator"


def make(documents: Path, collections: dict[str, str], embedder: Embedder | FakeEmbedder) -> CorpusReport:
    """The report on documents in folders (collection → folder), as one who fills all of them sees it."""
    with TemporaryDirectory() as folder, _ground(Path(folder), embedder) as resources:
        company = Company(resources)
        company.person(READER, "curators", is_admin=True)
        caller = company.caller(READER)
        for name, below in collections.items():
            place = company.library.collection(name, "curators")
            for file in sorted((documents / below).iterdir()):
                _read(resources, caller, place, file)
        return _report(resources, caller)


@contextmanager
def _ground(folder: Path, embedder: Embedder | FakeEmbedder) -> Iterator[Resources]:
    settings = Settings(data_dir=folder, secret_key="s" * 32)
    lock: Lock = provisional_lock(folder / "models")
    migrate(settings)
    engine = open_engine(settings)
    resources = open_ground(settings, Transactions(engine), lock, embedder=embedder)
    try:
        yield resources
    finally:
        close_ground(resources)
        engine.dispose()


def _read(resources: Resources, caller: Caller, collection_id: str, path: Path) -> None:
    content = path.read_bytes()
    stored = StoredFile(resources.files.save_bytes(content), len(content))
    file = library.NewFile(path.name, detect_media_type(path.name, content), stored)
    with resources.transactions.write() as session:
        collection = session.get_one(Collection, collection_id)
        added = library.add_version(
            session, caller, collection, file, reader_group_ids=None, resources=resources
        )
        run_id = added.run.id
    pipeline.ingest(run_id, "report", resources)


def _report(resources: Resources, caller: Caller) -> CorpusReport:
    which = gathering.covered(caller, None)
    with resources.transactions.read() as session:
        return report.make(
            report.Gathered(
                at=now(),
                holdings=gathering.holdings(session, which),
                sketches=dict(gathering.sketches(session, which)),
                empty_groups=gathering.empty_groups(session, caller, None),
                stale_after_days=STALE_DAYS,
            )
        )


def demo_collections(demo: Path) -> dict[str, str]:
    """Each collection of the demo company with the folder that its documents lie in."""
    rows = tomllib.loads((demo / "demo.toml").read_text(encoding="utf-8"))["collections"]
    return {row["name"]: row["folder"] for row in rows}
