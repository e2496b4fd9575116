from pathlib import Path

import pytest

from deploy.bootstrap import web
from deploy.bootstrap.environments import Builder
from deploy.bootstrap.progress import Progress
from deploy.bootstrap.web import Web


@pytest.fixture
def page(tmp_path: Path) -> Web:
    folder = tmp_path / "web"
    (folder / "src").mkdir(parents=True)
    (folder / "package.json").write_text("{}")
    (folder / "src" / "main.ts").write_text("1")
    return Web(folder, Builder(tmp_path / "cache", Progress(1, tmp_path / "logs"), {"PATH": ""}))


def mark_built(page: Web) -> None:
    (page.folder / "dist").mkdir()
    (page.folder / web.BUILT).write_text(page.sources_digest())


def test_an_unchanged_page_is_not_built_again(page: Web) -> None:
    mark_built(page)
    assert page.is_built()
    page.require()


@pytest.mark.parametrize("name", ["node_modules/a/index.js", "dist/index.html", "coverage/index.html"])
def test_what_is_made_is_no_source(page: Web, name: str) -> None:
    before = page.sources_digest()
    (page.folder / name).parent.mkdir(parents=True)
    (page.folder / name).write_text("made")
    assert page.sources_digest() == before


def test_a_changed_renamed_or_new_source_asks_for_a_build(page: Web) -> None:
    mark_built(page)
    source = page.folder / "src" / "main.ts"
    source.rename(page.folder / "src" / "other.ts")
    assert not page.is_built()
    (page.folder / "src" / "other.ts").rename(source)
    assert page.is_built()
    source.write_text("2")
    assert not page.is_built()


def test_a_checkout_without_a_page_is_said_and_passes(page: Web, capsys: pytest.CaptureFixture[str]) -> None:
    (page.folder / "package.json").unlink()
    page.require()
    assert "holds no page yet" in capsys.readouterr().err


def test_a_page_that_a_bundle_brought_is_taken_where_its_sources_are_these(page: Web) -> None:
    brought = page.builder.root / web.BROUGHT
    brought.mkdir(parents=True)
    (brought / "index.html").write_text("brought")
    (brought / ".built-from").write_text(page.sources_digest())
    page.require()
    assert page.is_built()
    assert (page.folder / "dist" / "index.html").read_text() == "brought"


def test_a_page_of_other_sources_is_not_taken(page: Web) -> None:
    brought = page.builder.root / web.BROUGHT
    brought.mkdir(parents=True)
    (brought / ".built-from").write_text("of others")
    assert not page._is_brought()
    assert not (page.folder / "dist").exists()
