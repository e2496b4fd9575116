"""A company's own connector: written on the protocol, named by an entry point, and used as ours are."""

import sys
from pathlib import Path

import pytest

from ingestion.connectors import loading
from services import errors
from tests.places import refused, taken

CONNECTOR = '''
"""Tickets of a file, one a line: key, tab, text."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from ingestion.connectors import Entry, Skipped, Surroundings


class Tickets:
    def __init__(self, options: Mapping[str, Any], surroundings: Surroundings) -> None:
        self._lines = dict(line.split("\\t") for line in Path(options["file"]).read_text().splitlines())

    def entries(self) -> Iterator[Entry | Skipped]:
        for key, text in self._lines.items():
            if text == "closed":
                yield Skipped(key, "closed", "The ticket is closed")
            else:
                yield Entry(key, marker=sha256(text.encode()).hexdigest(), name=f"{key}.txt")

    def read(self, entry: Entry) -> Iterator[bytes]:
        yield self._lines[entry.key].encode()

    def close(self) -> None:
        pass
'''


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connector as a package that pip has put on the path, found by its metadata."""
    site = tmp_path / "site"
    metadata = site / "acme_tickets-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "acme_tickets.py").write_text(CONNECTOR)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-tickets\nVersion: 1.0\n")
    named = "[holdfast.sources]\ntickets = acme_tickets:Tickets\nfolder = acme_tickets:Tickets\n"
    (metadata / "entry_points.txt").write_text(named)
    monkeypatch.syspath_prepend(str(site))
    yield
    sys.modules.pop("acme_tickets", None)


def test_the_example_fits_in_fifty_lines():
    assert len(CONNECTOR.splitlines()) <= 50


@pytest.mark.usefixtures("installed")
def test_an_installed_connector_is_found_and_used(open_place, tmp_path):
    (tmp_path / "tickets.tsv").write_text("T-1\tThe door squeaks\nT-2\tclosed\n")
    source = open_place("tickets", {"file": str(tmp_path / "tickets.tsv")})
    assert taken(source) == {"T-1": b"The door squeaks"}
    assert refused(source) == {"T-2": "closed"}
    assert "tickets" in loading.kinds()


@pytest.mark.usefixtures("installed")
def test_no_package_takes_the_place_of_ours():
    assert loading.connector_of("folder").__module__ == "ingestion.connectors.folder"


def test_an_unknown_kind_says_which_there_are(open_place):
    with pytest.raises(errors.InvalidRequest, match="folder, git, s3, website"):
        open_place("tickets", {})
