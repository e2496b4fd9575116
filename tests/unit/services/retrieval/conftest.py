import pytest

from services.settings import Settings
from tests.library_of_texts import close_library, open_library


@pytest.fixture
def library(tmp_path):
    library = open_library(Settings(data_dir=tmp_path, secret_key="s" * 32), tmp_path)
    yield library
    close_library(library)
