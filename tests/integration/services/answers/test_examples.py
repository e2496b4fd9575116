"""The examples for applications do what they say, against a real server."""

import threading

import pytest
from sqlalchemy import select

from deploy.examples.ask import ask
from deploy.examples.push import push
from deploy.examples.search import search
from services.database.tables.library import Collection, CollectionGrant
from services.database.tables.runs import Run
from tests.ground import ingest_text
from tests.parts import wait_until
from tests.travel import QUESTION, TRUE


@pytest.fixture
def key(company):
    headers = company.key("ada", "ask", "search", "documents:read", "documents:write")
    return headers["Authorization"].removeprefix("Bearer ")


def test_asking_gives_the_text_and_its_sources(address, key):
    text, *sources = ask(address, key, QUESTION).splitlines()
    assert text.startswith(f"{TRUE} [1]")
    assert sources[0].startswith("[1] travel-policy.txt, page ")


def test_searching_gives_passages(address, key):
    assert "travel-policy.txt" in {name for name, _text in search(address, key, QUESTION)}


def test_pushing_follows_the_job_to_its_end(address, key, company, resources, tmp_path):
    file = tmp_path / "note.txt"
    file.write_text("The lantern is lit at dusk.")
    group = company.library.group("travellers")
    with resources.transactions.write() as session:
        (travel,) = session.scalars(select(Collection))
        grant = session.get(CollectionGrant, (travel.id, group))
        grant.access = "contribute"
    worker = threading.Thread(target=_read_what_waits, args=(resources,))
    worker.start()
    job = push(address, key, "travel", file, look_every_s=0.05)
    worker.join()
    assert job["state"] == "done"


def _read_what_waits(resources):
    """What a worker would do with the first job that comes in."""
    found = []

    def look():
        with resources.transactions.read() as session:
            found.extend(session.scalars(select(Run.id).where(Run.kind == "ingest")))
        return found

    wait_until(look, "a job waits")
    ingest_text(resources, found[0], "The lantern is lit at dusk.")
