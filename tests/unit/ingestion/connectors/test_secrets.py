"""Secrets by reference: found where they are named, and nowhere else."""

import pytest

from ingestion.connectors import secrets
from services import errors


def test_secrets_come_from_variables_and_files(tmp_path, monkeypatch):
    monkeypatch.setenv("HOLDFAST_SOURCE_WIKI", "from the environment")
    (tmp_path / "key").write_text("from a file\n")
    found = secrets.resolve_all({"a": "env:HOLDFAST_SOURCE_WIKI", "b": "file:key"}, tmp_path)
    assert found == {"a": "from the environment", "b": "from a file"}


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("env:HOLDFAST_SECRET_KEY", "begin with HOLDFAST_SOURCE_"),
        ("env:PATH", "begin with HOLDFAST_SOURCE_"),
        ("env:HOLDFAST_SOURCE_UNSET", "not set"),
        ("file:../outside", "outside"),
        ("file:/etc/passwd", "outside"),
        ("file:link", "outside"),
        ("file:missing", "cannot be read"),
        ("file:folder", "cannot be read"),
        ("plain text", "env:NAME or file:path"),
    ],
)
def test_other_references_are_refused_without_a_secret_in_the_words(tmp_path, monkeypatch, reference, words):
    monkeypatch.setenv("HOLDFAST_SECRET_KEY", "the-products-own")
    folder = tmp_path / "secrets"
    (folder / "folder").mkdir(parents=True)
    (tmp_path / "outside").write_text("not yours")
    (folder / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(errors.InvalidRequest, match=words) as said:
        secrets.resolve(reference, folder)
    assert "the-products-own" not in said.value.detail
    assert "not yours" not in said.value.detail


def test_files_need_a_folder_that_was_named():
    with pytest.raises(errors.InvalidRequest, match="HOLDFAST_SOURCES__SECRETS"):
        secrets.resolve("file:key", None)
