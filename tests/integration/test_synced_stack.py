"""A source on the real processes: the queue, a worker that is killed in the midst, the search after it."""

import json

import pytest
from sqlalchemy import select

from services.database.tables.library import Collection
from services.database.tables.sources import Source
from tests.stack import running_stack

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
NOTES = 25
ADDRESS = "/api/v1/sources"


@pytest.fixture
def share(tmp_path):
    folder = tmp_path / "share"
    folder.mkdir()
    for number in range(NOTES):
        (folder / f"note-{number}.txt").write_text(f"The booking code of room {number} is quokka{number}.")
    return folder


@pytest.fixture
def stack(tmp_path, lock, models, migrated_sqlite, share):
    folder = tmp_path / "stack"
    folder.mkdir()
    migrated_sqlite.copy_to(folder)
    more = {"HOLDFAST_SOURCES__FOLDERS": json.dumps([str(share)])}
    with running_stack(folder, lock, models, json.dumps(["It is quokka3."]), more=more) as stack:
        yield stack


def posted(stack, address, **body):
    reply = stack.client.post(address, json=body)
    assert reply.status_code in (201, 202), reply.text
    return reply.json()


def first_hit(stack, question):
    return next((hit["document_name"] for hit in stack.search(question)), None)


def test_a_source_follows_its_folder_through_a_killed_worker(stack, share):
    with stack.transactions.write() as session:
        handbook = session.scalars(select(Collection.id)).one()
        source = Source(name="share", kind="folder", collection_id=handbook, options={"path": str(share)})
        session.add(source)
        session.flush()
        place = f"{ADDRESS}/{source.id}"
    tested = stack.until_ended(posted(stack, f"{place}/test")["id"])
    assert (tested.state, tested.error_reason) == ("done", "")

    run_id = posted(stack, f"{place}/sync")["id"]
    stack.until(lambda: stack.client.get(f"{place}/runs/{run_id}").json()["added"] > 3, "some are taken")
    stack.kill("worker")
    run = stack.until_ended(run_id)
    shown = stack.client.get(f"{place}/runs/{run_id}").json()
    assert (run.state, shown["added"], shown["skipped"]) == ("done", NOTES, 0)
    stack.until(lambda: len(stack.visible_chunks()) == NOTES, "all are read")
    stack.until(
        lambda: first_hit(stack, "What is the booking code of room 3?") == "share/note-3.txt", "found"
    )

    (share / "note-3.txt").unlink()
    assert stack.until_ended(posted(stack, f"{place}/sync")["id"]).state == "done"
    assert "share/note-3.txt" not in [hit["document_name"] for hit in stack.search("quokka3 room 3")]
    stack.until(
        lambda: sorted(stack.index.all_ids()) == stack.visible_chunks(), "the index holds what is visible"
    )
