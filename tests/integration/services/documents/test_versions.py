"""A document's history: its versions, their texts, and what changed from one to another."""

import pytest
from sqlalchemy import select

from services.database.tables.audit import AuditEntry
from services.database.tables.library import Version

OLD = "# Leave\n\nThirty days.\n\nAsk your manager.\n"
NEW = "# Leave\n\nThirty-two days.\n\nAsk your manager.\n\nIn writing.\n"


@pytest.fixture
def document(publish, upload):
    """Two versions that were read, and a third that waits; returns the id."""
    publish("leave.txt", text=OLD)
    publish("leave.txt", text=NEW)
    return upload("leave.txt", text="Third.")["document"]["id"]


@pytest.fixture
def get(speak_as, document):
    def ask(path, login="ben", **params):
        return speak_as(login).get(f"/api/v1/documents/{document}/versions{path}", params=params)

    return ask


def test_the_history_is_told_newest_first(get):
    items = get("").json()["items"]
    told = [(one["number"], one["state"], one["has_text"], one["job"]["state"]) for one in items]
    assert told == [
        (3, "waiting", False, "waiting"),
        (2, "visible", True, "done"),
        (1, "superseded", True, "done"),
    ]
    assert items[1]["published_at"] is not None


def test_the_text_of_an_older_version_can_be_read_and_is_audited(get, document, resources):
    assert "Thirty days." in get("/1/text").json()["text"]
    assert "Thirty-two days." in get("/2/text").json()["text"]
    with resources.transactions.read() as session:
        read = session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "document.text")).all()
        versions = dict(session.execute(select(Version.id, Version.number)).all())
    assert [versions[detail["version"]] for detail in read] == [1, 2]


@pytest.mark.parametrize("path", ["/3/text", "/9/text", "/0/text"])
def test_a_version_without_a_text_is_not_found(get, path):
    assert get(path).status_code == 404


def test_a_diff_says_what_changed_and_where(get):
    old, new = (get(f"/{number}/text").json()["text"] for number in (1, 2))
    shown = get("/diff", **{"from": 1, "to": 2}).json()
    assert (shown["from_version"], shown["to_version"]) == (1, 2)
    changed = [one for one in shown["differences"] if one["kind"] != "equal"]
    assert any("Thirty days." in one["from_text"] and "Thirty-two" in one["to_text"] for one in changed)
    assert any("In writing." in one["to_text"] for one in changed)
    for one in shown["differences"]:
        if one["kind"] == "equal":
            assert old[one["from_start"] : one["from_end"]] == new[one["to_start"] : one["to_end"]]
        else:
            assert old[one["from_start"] : one["from_end"]] == one["from_text"]
            assert new[one["to_start"] : one["to_end"]] == one["to_text"]


def test_a_version_does_not_differ_from_itself(get):
    shown = get("/diff", **{"from": 2, "to": 2}).json()
    assert [one["kind"] for one in shown["differences"]] == ["equal"]
    assert (shown["added_lines"], shown["removed_lines"]) == (0, 0)


@pytest.mark.parametrize("params", [{}, {"from": 1}, {"from": 0, "to": 1}, {"from": "x", "to": 1}])
def test_a_diff_needs_two_numbers(get, params):
    assert get("/diff", **params).status_code == 400


def test_there_is_no_diff_with_a_version_that_was_not_read(get):
    assert get("/diff", **{"from": 1, "to": 3}).status_code == 404


@pytest.mark.parametrize("path", ["", "/1/text", "/diff?from=1&to=2"])
def test_who_may_not_read_the_document_may_not_read_its_history(get, speak_as, document, path):
    assert speak_as("cy").get(f"/api/v1/documents/{document}/versions{path}").status_code == 404
    speak_as("ada").delete(f"/api/v1/documents/{document}")
    assert speak_as("ben").get(f"/api/v1/documents/{document}/versions{path}").status_code == 404
