"""Shares: a link shows what its reader may read themselves, ends when it should, and betrays nothing else."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from services.app import create_app
from services.database.session import now
from services.database.tables.answers import DONE, RUNNING, Answer, AnswerShare, AnswerSource, Conversation
from services.database.tables.audit import AuditEntry
from services.database.tables.library import Collection, CollectionGrant, Document, Version
from services.identity import last_use
from tests.company import Company
from tests.ground import close_ground, open_ground

SECRET = "The merger is called Zebra."


@pytest.fixture
def resources(settings, transactions, lock):
    opened = open_ground(settings, transactions, lock)
    yield opened
    close_ground(opened)


@pytest.fixture
def company(resources) -> Company:
    company = Company(resources)
    company.person("ada", "everyone", "board")
    company.person("cyd", "everyone")
    return company


@pytest.fixture
def client(settings, resources) -> Iterator[TestClient]:
    with TestClient(create_app(settings, resources)) as client:
        yield client
    last_use.settle()


@pytest.fixture
def ada(company) -> dict[str, str]:
    return company.session("ada")


@pytest.fixture
def cyd(company) -> dict[str, str]:
    return company.session("cyd")


def source(company: Company, name: str, readers: str) -> tuple[str, str]:
    """(document, version) in a collection of its own."""
    (chunk,) = company.add(name, f"{name}.txt", [SECRET], readers)
    document = company.library.document_of(chunk)
    with company.resources.transactions.read() as session:
        return document, session.scalars(select(Version.id).where(Version.document_id == document)).one()


def answer(company: Company, *versions: str, state: str = DONE, talk: str | None = None) -> str:
    row = Answer(
        asked_by=company.people["ada"], conversation_id=talk, question="What is it called?", policy="strict",
        state=state, kind="quoted", text=SECRET, sources=[AnswerSource(version_id=one) for one in versions],
    )  # fmt: skip
    with company.resources.transactions.write() as session:
        session.add(row)
        session.flush()
        return row.id


def conversation(company: Company) -> str:
    with company.resources.transactions.write() as session:
        row = Conversation(person_id=company.people["ada"], title="Secret merger")
        session.add(row)
        session.flush()
        return row.id


def shared(client: TestClient, headers: dict[str, str], **thing: object) -> str:
    reply = client.post("/api/v1/shares", json=thing, headers=headers)
    assert reply.status_code == 201, reply.text
    return f"/api/v1/shares/{reply.json()['id']}"


def test_reader_sees_what_they_may_read_themselves_and_it_is_audited(client, company, ada, cyd, resources):
    _, version = source(company, "handbook", "everyone")
    link = shared(client, ada, answer_id=answer(company, version))
    seen = client.get(link, headers=cyd).json()
    assert (seen["shared_by"], [one["text"] for one in seen["items"]]) == ("Ada", [SECRET])
    assert client.get(link).status_code == 401
    with resources.transactions.read() as session:
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("share")))
        assert actions.all() == ["share.create", "share.read"]


def test_answer_on_one_unreadable_source_shows_nothing_of_it(client, company, ada, cyd):
    _, open_one = source(company, "handbook", "everyone")
    _, closed = source(company, "board", "board")
    link = shared(client, ada, answer_id=answer(company, open_one, closed))
    assert client.get(link, headers=ada).status_code == 200
    refused = client.get(link, headers=cyd)
    missing = client.get(f"/api/v1/shares/{'0' * 32}", headers=cyd)
    assert (refused.status_code, refused.content) == (404, missing.content)


def test_conversation_is_shown_without_what_its_reader_may_not_read(client, company, ada, cyd):
    _, open_one = source(company, "handbook", "everyone")
    _, closed = source(company, "board", "board")
    talk = conversation(company)
    readable = answer(company, open_one, talk=talk)
    answer(company, closed, talk=talk)
    answer(company, talk=talk, state=RUNNING)
    link = shared(client, ada, conversation_id=talk)
    later = answer(company, open_one, talk=talk)
    seen = client.get(link, headers=cyd)
    assert [one["id"] for one in seen.json()["items"]] == [readable]
    assert seen.json()["items"][0]["conversation_id"] is None
    assert "merger" not in seen.text.replace(SECRET, "")
    assert later not in client.get(link, headers=ada).text


def test_source_deleted_or_granted_anew_decides_at_once(client, company, ada, cyd, resources):
    document, version = source(company, "handbook", "board")
    link = shared(client, ada, answer_id=answer(company, version))
    assert client.get(link, headers=cyd).status_code == 404
    with resources.transactions.write() as session:
        handbook = session.scalars(select(Collection.id).where(Collection.name == "handbook")).one()
        everyone = company.library.group("everyone")
        session.add(CollectionGrant(collection_id=handbook, group_id=everyone, access="read"))
    assert client.get(link, headers=cyd).status_code == 200
    with resources.transactions.write() as session:
        session.get_one(Document, document).deleted_at = now()
    assert [client.get(link, headers=one).status_code for one in (ada, cyd)] == [404, 404]


def test_link_ends_when_revoked_when_over_and_with_what_it_showed(client, company, ada, cyd, resources):
    _, version = source(company, "handbook", "everyone")
    revoked, over = (shared(client, ada, answer_id=answer(company, version)) for _ in range(2))
    talk = conversation(company)
    answer(company, version, talk=talk)
    gone = shared(client, ada, conversation_id=talk, days=1)
    assert len(client.get("/api/v1/shares", headers=ada).json()["items"]) == 3
    assert client.delete(revoked, headers=cyd).status_code == 404
    assert client.delete(revoked, headers=ada).status_code == 204
    with resources.transactions.write() as session:
        session.get_one(AnswerShare, over.rpartition("/")[2]).expires_at = now() - timedelta(seconds=1)
    assert client.delete(f"/api/v1/conversations/{talk}", headers=ada).status_code == 204
    assert [client.get(one, headers=ada).status_code for one in (revoked, over, gone)] == [404] * 3
    assert client.get("/api/v1/shares", headers=ada).json()["items"] == []


def test_what_is_over_is_gone_once_the_same_person_shares_again(client, company, ada, cyd, resources):
    _, version = source(company, "handbook", "everyone")
    over, theirs = (shared(client, ada, answer_id=answer(company, version)) for _ in range(2))
    with resources.transactions.write() as session:
        for link, owner in ((over, "ada"), (theirs, "cyd")):
            row = session.get_one(AnswerShare, link.rpartition("/")[2])
            row.shared_by, row.expires_at = company.people[owner], now() - timedelta(seconds=1)
    new = shared(client, ada, answer_id=answer(company, version))
    with resources.transactions.read() as session:
        left = set(session.scalars(select(AnswerShare.id)))
    assert left == {one.rpartition("/")[2] for one in (theirs, new)}


def test_only_ones_own_ended_answer_is_shared(client, company, ada, cyd):
    _, version = source(company, "handbook", "everyone")
    ended, running = answer(company, version), answer(company, state=RUNNING)
    assert client.post("/api/v1/shares", json={"answer_id": ended}, headers=cyd).status_code == 404
    assert client.post("/api/v1/shares", json={"answer_id": running}, headers=ada).status_code == 409
    both = {"answer_id": ended, "conversation_id": "0" * 32}
    assert client.post("/api/v1/shares", json=both, headers=ada).status_code == 400


def test_conversations_are_found_by_their_words_and_kept_by_collection(client, company, ada, cyd):
    _, version = source(company, "handbook", "everyone")
    talk, empty = conversation(company), conversation(company)
    answer(company, version, talk=talk)

    def found(**query: str) -> list[str]:
        reply = client.get("/api/v1/conversations", params=query, headers=ada).json()
        return [one["id"] for one in reply["items"]]

    assert found(q="zebra") == found(q="CALLED") == found(collection="handbook") == [talk]
    assert found(q="%") == found(q="unheard of") == []
    assert set(found(q="secret")) == {talk, empty}
    (one,) = client.get("/api/v1/conversations?q=zebra", headers=ada).json()["items"]
    assert one["collections"] == ["handbook"]
    assert client.get("/api/v1/conversations?q=zebra", headers=cyd).json()["items"] == []
    unknown = client.get("/api/v1/conversations?collection=nowhere", headers=ada)
    assert unknown.status_code == 404
