"""Documents once they are in: shown, listed, narrowed and removed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from services.database.tables.audit import AuditEntry
from services.database.tables.library import Change, Document, Purge, Version
from tests.ground import ingest_text

TEXT = "The office closes at six. Ask the porter for a key."


def show(client, document):
    return client.get(f"/api/v1/documents/{document['id']}")


def test_a_read_document_is_visible(publish, speak_as):
    document = publish()
    shown = show(speak_as("ben"), document).json()
    assert (shown["state"], shown["job"]["state"]) == ("visible", "done")
    assert (shown["version"]["number"], shown["version"]["pages"], shown["version"]["chunks"]) == (1, 1, 1)


def test_a_new_version_that_waits_leaves_the_old_one_answering(publish, upload, speak_as):
    document = publish()
    upload(text="A newer text.")
    shown = show(speak_as("ben"), document).json()
    assert (shown["state"], shown["version"]["number"]) == ("waiting", 1)


def test_the_stored_text_comes_with_its_pages(publish, speak_as):
    document = publish()
    shown = speak_as("ben").get(f"/api/v1/documents/{document['id']}/text").json()
    assert shown["text"] == TEXT
    assert shown["pages"] == [{"page": 1, "start": 0, "end": len(TEXT)}]


def test_the_original_is_an_attachment(publish, speak_as):
    document = publish("Größe “a”.txt")
    reply = speak_as("ben").get(f"/api/v1/documents/{document['id']}/file")
    assert reply.content == TEXT.encode()
    assert reply.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''Gr%C3%B6")
    assert reply.headers["Content-Type"] == "application/octet-stream"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("what", ["text", "file"])
def test_reading_is_audited(publish, speak_as, resources, what):
    document = publish()
    speak_as("ben").get(f"/api/v1/documents/{document['id']}/{what}")
    with resources.transactions.read() as session:
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == document["id"])).all()
    assert f"document.{what}" in actions


@pytest.mark.parametrize("what", ["text", "file"])
def test_what_was_not_read_yet_has_no_text(upload, speak_as, what):
    document = upload()["document"]
    assert speak_as("ben").get(f"/api/v1/documents/{document['id']}/{what}").status_code == 404


def test_a_list_goes_on_where_its_page_ended(publish, speak_as):
    for name in ("c.txt", "a.txt", "b.txt"):
        publish(name)
    client, names, cursor = speak_as("ben"), [], ""
    while cursor is not None:
        page = client.get("/api/v1/documents", params={"limit": 2, "cursor": cursor}).json()
        names += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert names == ["a.txt", "b.txt", "c.txt"]


def test_a_list_of_one_collection_holds_only_its_own(publish, speak_as):
    publish("a.txt")
    publish("b.txt", "payroll")
    listed = speak_as("ada").get("/api/v1/documents", params={"collection": "payroll"}).json()
    assert [item["name"] for item in listed["items"]] == ["b.txt"]


@pytest.mark.parametrize("cursor", ["!", "%ff", "w6k", "AAAA"])
def test_a_cursor_of_somebody_else_is_no_failure_of_ours(speak_as, cursor):
    for path in ("/api/v1/documents", "/api/v1/jobs"):
        assert speak_as("ada").get(f"{path}?cursor={cursor}").status_code in (200, 400)


def test_a_narrowed_document_is_gone_for_the_others_at_once(publish, rooms, speak_as):
    document = publish()
    narrowed = narrow(speak_as("ada"), document, [rooms.group("hr")])
    assert narrowed.json()["narrowed_to"] == [rooms.group("hr")]
    assert show(speak_as("ben"), document).status_code == 404
    assert show(speak_as("ada"), document).status_code == 200


def test_lifting_the_narrowing_gives_it_back(publish, rooms, speak_as):
    document = publish(reader_group_ids=[rooms.group("hr")])
    assert show(speak_as("ben"), document).status_code == 404
    assert narrow(speak_as("ada"), document, None).json()["narrowed_to"] is None
    assert show(speak_as("ben"), document).status_code == 200


def test_narrowing_never_widens_beyond_the_collection(publish, rooms, speak_as):
    document = publish("salaries.txt", "payroll")
    narrow(speak_as("ada"), document, [rooms.group("hr"), rooms.group("finance")])
    assert show(speak_as("cy"), document).status_code == 404


def test_nobody_narrows_a_document_out_of_their_own_sight(publish, rooms, speak_as):
    document = publish()
    assert narrow(speak_as("ada"), document, [rooms.group("finance")]).status_code == 400
    assert narrow(speak_as("ada"), document, []).status_code == 400


def test_narrowing_to_an_unknown_group_is_refused(publish, rooms, speak_as):
    document = publish()
    assert narrow(speak_as("ada"), document, [rooms.group("hr"), "0" * 32]).status_code == 400


def test_a_reader_narrows_and_removes_nothing(publish, rooms, speak_as):
    document = publish()
    assert narrow(speak_as("ben"), document, [rooms.group("staff")]).status_code == 403
    assert speak_as("ben").delete(f"/api/v1/documents/{document['id']}").status_code == 403


def narrow(client, document, group_ids):
    return client.put(f"/api/v1/documents/{document['id']}/readers", json={"group_ids": group_ids})


def test_a_name_in_use_where_one_may_not_look_becomes_another_document(publish, rooms, speak_as):
    hidden = publish("plan.txt", reader_group_ids=[rooms.group("hr")])
    rooms.company.person("dan", "staff", "porters")
    give_contribution(speak_as("root"), rooms)
    reply = speak_as("dan").post(
        "/api/v1/documents", data={"collection": "handbook"}, files={"file": ("plan.txt", b"another")}
    )
    assert reply.json()["document"]["id"] != hidden["id"]


def give_contribution(client, rooms):
    groups = [rooms.group("hr"), rooms.group("porters")]
    patched = client.patch(f"/api/v1/collections/{rooms.handbook}", json={"contributor_group_ids": groups})
    assert patched.status_code == 200


def test_a_removed_document_is_gone_at_once(publish, speak_as):
    document = publish()
    assert speak_as("ada").delete(f"/api/v1/documents/{document['id']}").status_code == 204
    assert show(speak_as("ada"), document).status_code == 404
    assert speak_as("ada").delete(f"/api/v1/documents/{document['id']}").status_code == 404


def test_a_removal_is_told_to_the_indexes_and_to_upkeep(publish, speak_as, resources):
    document = publish()
    speak_as("ada").delete(f"/api/v1/documents/{document['id']}")
    with resources.transactions.read() as session:
        version = session.scalars(select(Version).where(Version.document_id == document["id"])).one()
        newest = session.scalars(select(Change).order_by(Change.position.desc())).first()
        assert (newest.version_id, newest.action) == (version.id, "remove")
        assert session.get_one(Purge, version.id).done_at is None


def test_removing_cancels_the_job(upload, speak_as, resources):
    sent = upload()
    speak_as("ada").delete(f"/api/v1/documents/{sent['document']['id']}")
    assert speak_as("ada").get(f"/api/v1/jobs/{sent['job']['id']}").status_code == 404


def test_every_version_is_buried_also_one_that_was_buried_before(publish, speak_as, resources):
    publish(text="The first text.")
    document = publish(text="The second text.")
    with resources.transactions.write() as session:
        for purge in session.scalars(select(Purge)):
            purge.done_at = purge.at
    speak_as("ada").delete(f"/api/v1/documents/{document['id']}")
    with resources.transactions.read() as session:
        assert [purge.done_at for purge in session.scalars(select(Purge))] == [None, None]


def test_a_name_is_free_again_after_its_document_was_removed(publish, speak_as):
    first = publish()
    speak_as("ada").delete(f"/api/v1/documents/{first['id']}")
    assert publish()["id"] != first["id"]


def test_uploads_of_one_name_at_once_become_versions_of_one_document(rooms, speak_as, resources):
    client = speak_as("ada")

    def send(number):
        return client.post(
            "/api/v1/documents",
            data={"collection": "handbook"},
            files={"file": ("plan.txt", f"text {number}".encode())},
        )

    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(send, range(6)))
    assert [reply.status_code for reply in replies] == [202] * 6
    with resources.transactions.read() as session:
        document = session.scalars(select(Document)).one()
        assert [version.number for version in document.versions] == [1, 2, 3, 4, 5, 6]


def test_an_older_version_that_is_read_last_stays_unseen(upload, speak_as, resources):
    first, second = upload(text="old"), upload(text="new")
    ingest_text(resources, second["job"]["id"], "new")
    ingest_text(resources, first["job"]["id"], "old")
    shown = show(speak_as("ben"), first["document"]).json()
    assert (shown["state"], shown["version"]["number"]) == ("visible", 2)


def test_days_of_validity_come_with_the_upload_and_may_be_changed_one_by_one(upload, speak_as):
    document = upload(valid_from="2026-01-01", valid_until="2026-12-31")["document"]
    assert (document["valid_from"], document["valid_until"]) == ("2026-01-01", "2026-12-31")
    address = f"/api/v1/documents/{document['id']}"
    changed = speak_as("ada").patch(address, json={"valid_until": None}).json()
    assert (changed["valid_from"], changed["valid_until"]) == ("2026-01-01", None)
    assert speak_as("ada").get(address).json() == changed


@pytest.mark.parametrize(
    "days", [{"valid_until": "2025-12-31"}, {"valid_from": "soon"}, {"valid_form": "2026-01-01"}], ids=str
)
def test_days_that_cannot_be_are_refused_and_change_nothing(upload, speak_as, days):
    document = upload(valid_from="2026-01-01")["document"]
    address = f"/api/v1/documents/{document['id']}"
    assert speak_as("ada").patch(address, json=days).status_code in (400, 422)
    assert speak_as("ada").get(address).json()["valid_until"] is None
