"""A receipt of a removal: for who removed the document and for administrators, and nobody else."""

import pytest

from services.database.session import now
from services.database.tables.uploads import Receipt

CHECKS = {
    "text": {"looked_at": 1, "left": 0},
    "vectors": {"looked_at": 4, "left": 0},
    "files": {"looked_at": 3, "left": 0, "shared": 2},
    "lexical": {"looked_at": 2, "left": 0},
    "caches": {"looked_at": 1, "left": 0},
    "answers": {"looked_at": 0, "left": 0, "hidden": 7},
}


@pytest.fixture
def removed(publish, speak_as):
    document = publish()["id"]
    speak_as("ada").delete(f"/api/v1/documents/{document}")
    return document


@pytest.fixture
def get(speak_as, removed):
    return lambda login: speak_as(login).get(f"/api/v1/documents/{removed}/receipt")


def test_right_after_a_removal_the_receipt_is_open(get):
    shown = get("ada").json()
    assert (shown["complete_at"], shown["checked_at"], shown["places"]) == (None, None, [])
    assert shown["deleted_at"] is not None


def test_a_complete_receipt_says_what_was_looked_at(get, removed, resources):
    with resources.transactions.write() as session:
        session.add(Receipt(document_id=removed, checks=CHECKS, complete_at=now()))
    shown = get("ada").json()
    places = {place["place"]: (place["looked_at"], place["left"]) for place in shown["places"]}
    assert places == {"text": (1, 0), "vectors": (4, 0), "files": (3, 0), "lexical": (2, 0), "caches": (1, 0)}
    assert (shown["hidden_answers"], shown["shared_files"]) == (7, None)
    assert shown["complete_at"] is not None


def test_only_an_administrator_is_told_that_equal_bytes_lie_elsewhere(get, removed, resources):
    with resources.transactions.write() as session:
        session.add(Receipt(document_id=removed, checks=CHECKS))
    assert get("root").json()["shared_files"] == 2


@pytest.mark.parametrize("login", ["ben", "cy"])
def test_who_did_not_remove_it_is_told_of_nothing(get, speak_as, login):
    never_was = speak_as(login).get(f"/api/v1/documents/{'0' * 32}/receipt")
    reply = get(login)
    assert (reply.status_code, reply.json()) == (404, never_was.json())


def test_a_document_that_is_there_has_no_receipt(publish, speak_as):
    document = publish("other.txt")["id"]
    assert {
        speak_as(login).get(f"/api/v1/documents/{document}/receipt").status_code for login in ("ada", "root")
    } == {404}
