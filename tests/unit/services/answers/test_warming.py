"""The start's one token: asked for where the engine is there, and never in the way."""

import anyio
import pytest

from services.answers import warming
from services.settings import Settings
from tests.parts import SqliteTemplate


@pytest.fixture
def settings(migrated_sqlite: SqliteTemplate, tmp_path) -> Settings:
    migrated_sqlite.copy_to(tmp_path)
    return Settings(data_dir=tmp_path, secret_key="s" * 32)


def test_engine_reads_the_instructions_once(resources):
    resources.model.pieces = ["Yes"]
    assert anyio.run(warming.warm_up, resources)
    assert len(resources.model.asked) == 1


def test_engine_that_breaks_off_is_no_error(resources):
    resources.model.pieces, resources.model.dies_after = ["Yes"], 0
    assert not anyio.run(warming.warm_up, resources)
