from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from services.database.tables.library import Collection
from services.documents import grants
from services.documents.schemas import CollectionPatch
from tests.parts import wait_until

WAITS = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def create(client, name="plans", **wanted):
    return client.post("/api/v1/collections", json={"name": name, **wanted})


def test_an_administrator_makes_a_collection_with_its_grants(rooms, speak_as):
    staff = rooms.group("staff")
    reply = create(speak_as("root"), title="Plans", reader_group_ids=[staff])
    assert reply.status_code == 201
    assert reply.json()["reader_groups"] == [{"id": staff, "name": "staff"}]
    names = [item["name"] for item in speak_as("ben").get("/api/v1/collections").json()["items"]]
    assert names == ["handbook", "plans"]


def test_a_name_is_taken_once(speak_as):
    assert create(speak_as("root"), "handbook").json()["code"] == "conflict"


@pytest.mark.parametrize("name", ["", "Handbook", "a b", "../x", "x" * 81, "-x"])
def test_a_name_that_could_not_stand_in_an_address_is_refused(speak_as, name):
    assert create(speak_as("root"), name).status_code == 400


def test_an_unknown_group_is_refused(speak_as):
    assert create(speak_as("root"), reader_group_ids=["0" * 32]).status_code == 400


@pytest.mark.parametrize("login", ["ada", "ben"])
def test_only_administrators_make_and_change_collections(rooms, speak_as, login):
    assert create(speak_as(login)).status_code == 403
    assert speak_as(login).patch(f"/api/v1/collections/{rooms.handbook}", json={}).status_code == 403


def test_what_is_left_out_of_a_change_stays(rooms, speak_as):
    changed = speak_as("root").patch(f"/api/v1/collections/{rooms.handbook}", json={"title": "Handbook"})
    assert (changed.json()["title"], len(changed.json()["reader_groups"])) == ("Handbook", 2)


def test_a_grant_that_is_taken_back_acts_at_once(rooms, publish, speak_as):
    document = publish()
    speak_as("root").patch(f"/api/v1/collections/{rooms.handbook}", json={"reader_group_ids": []})
    assert speak_as("ben").get(f"/api/v1/documents/{document['id']}").status_code == 404
    assert speak_as("ada").get(f"/api/v1/documents/{document['id']}").status_code == 200


def test_an_unknown_collection_is_not_found(speak_as):
    assert speak_as("root").patch(f"/api/v1/collections/{'0' * 32}", json={}).status_code == 404


def test_who_reads_a_collection_is_told_to_those_who_may_add_to_it(rooms, speak_as):
    def handbook(login):
        items = speak_as(login).get("/api/v1/collections").json()["items"]
        return next(item for item in items if item["name"] == "handbook")

    assert (handbook("ada")["may_contribute"], handbook("ben")["may_contribute"]) == (True, False)
    assert handbook("ben")["reader_groups"] is None
    assert {group["name"] for group in handbook("ada")["reader_groups"]} == {"hr", "staff"}


def test_a_text_that_no_database_could_hold_is_an_invalid_request(speak_as):
    assert create(speak_as("root"), title="a\0b").status_code in (201, 400)


def test_naming_readers_takes_no_right_to_add_away(rooms, speak_as):
    groups = [
        group["id"]
        for item in speak_as("ada").get("/api/v1/collections").json()["items"]
        if item["name"] == "handbook"
        for group in item["reader_groups"]
    ]
    speak_as("root").patch(f"/api/v1/collections/{rooms.handbook}", json={"reader_group_ids": groups})
    items = speak_as("ada").get("/api/v1/collections").json()["items"]
    assert next(item for item in items if item["name"] == "handbook")["may_contribute"]


def test_of_two_changes_at_once_the_second_sees_the_first(rooms, speak_as, resources):
    """Whom the second takes everything from has nothing, though the first was just giving more."""
    staff, client = rooms.group("staff"), speak_as("root")
    address, nobody = (
        f"/api/v1/collections/{rooms.handbook}",
        {"reader_group_ids": [], "contributor_group_ids": []},
    )

    def somebody_waits():
        with resources.transactions.read() as watching:
            return watching.scalar(text(WAITS))

    with ThreadPoolExecutor(1) as pool:
        with resources.transactions.write() as session:
            session.get(Collection, rooms.handbook, with_for_update={"key_share": True})
            grants.grant(session, rooms.handbook, CollectionPatch(contributor_group_ids=[staff]))
            second = pool.submit(client.patch, address, json=nobody)
            if session.get_bind().dialect.name == "postgresql":  # on SQLite it cannot even begin
                wait_until(somebody_waits, "the second change waits for the first")
        assert second.result(60).status_code == 200
    with resources.transactions.read() as session:
        given = grants.of_collections(session, [rooms.handbook])[rooms.handbook]
    assert staff not in [one.group.id for one in given]
