"""What the commands' tests stand on: an installation of one's own on a migrated database."""

from pathlib import Path

import pytest

from services.settings import Settings
from tests.parts import SqliteTemplate


@pytest.fixture
def settings(migrated_sqlite: SqliteTemplate, tmp_path: Path) -> Settings:
    migrated_sqlite.copy_to(tmp_path)
    return Settings(data_dir=tmp_path, secret_key="s" * 32)
