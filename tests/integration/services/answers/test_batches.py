"""Batches: answered as their asker is by then, once each, shown only while the sources may be read."""

import asyncio
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from services.answers.admission import Admission
from services.answers.batch_work import Batches
from services.app import create_app
from services.database.session import Transactions, now, open_engine
from services.database.tables.answers import Answer
from services.database.tables.identity import ApiKey, OutsideIdentity, Person
from services.database.tables.runs import Run
from services.identity import last_use
from services.settings import Answers, Settings
from tests.company import Company
from tests.ground import close_ground, open_ground

ADDRESS, SENTENCE = "/api/v1/answers:batch", "The quokka costs 12 euros."
QUESTION = {"question": "What does the quokka cost in euros?"}


@pytest.fixture
def company(migrated_sqlite, lock, tmp_path):
    migrated_sqlite.copy_to(tmp_path)
    settings = Settings(data_dir=tmp_path, secret_key="s" * 32)
    resources = open_ground(settings, Transactions(open_engine(settings)), lock)
    resources.model.pieces = [SENTENCE]
    made = Company(resources)
    made.person("ada", "everyone", "readers")
    made.add("ledger", "costs.txt", [SENTENCE], "readers")
    yield made
    last_use.settle()
    close_ground(resources)
    resources.transactions.engine.dispose()


@pytest.fixture
def client(company):
    with TestClient(create_app(company.resources.settings, company.resources)) as opened:
        yield opened


@pytest.fixture
def key(company):
    return company.key("ada", "ask")


def send(client, headers, *questions):
    reply = client.post(ADDRESS, json={"questions": list(questions)}, headers=headers)
    assert reply.status_code == 202, reply.text
    return reply.headers["location"]


def work(company, admission=None):
    """What the api does beside its requests, once."""
    admission = admission or Admission(Answers())
    return asyncio.run(Batches(admission, company.resources).work_once())


def read(client, headers, address):
    return client.get(address, headers=headers).json()


def test_every_question_is_answered_with_its_citations(client, company, key):
    batch = send(client, key, QUESTION, QUESTION | {"collections": ["ledger"], "policy": "flag"})
    waiting = read(client, key, batch)
    assert (waiting["state"], waiting["done"], waiting["total"]) == ("waiting", 0, 2)
    assert work(company)
    done = read(client, key, batch)
    assert (done["state"], done["done"]) == ("done", 2)
    answers = [one["answer"] for one in read(client, key, f"{batch}/answers")["items"]]
    assert [(one["state"], one["policy"], len(one["citations"])) for one in answers] == [
        ("done", "strict", 1),
        ("done", "flag", 1),
    ]
    assert not work(company)


def test_what_may_no_longer_be_read_is_not_shown(client, company, key):
    batch = send(client, key, QUESTION)
    work(company)
    company.leave("ada", "readers")
    assert read(client, key, f"{batch}/answers")["items"] == [{"number": 0, "answer": None}]


def test_who_left_the_group_before_gets_nothing_of_it(client, company, key):
    batch = send(client, key, QUESTION, QUESTION | {"collections": ["ledger"]})
    company.leave("ada", "readers")
    work(company)
    first, second = read(client, key, batch)["items"]
    assert (second["state"], second["error_code"], second["answer_id"]) == ("failed", "not_found", None)
    (answer, _) = read(client, key, f"{batch}/answers")["items"]
    assert (answer["answer"]["state"], answer["answer"]["citations"]) == ("refused", [])
    assert first["error_code"] == ""


@pytest.mark.parametrize("ended", ["key", "person"])
def test_an_ended_credential_ends_its_batches(client, company, key, ended):
    send(client, key, QUESTION)
    with company.resources.transactions.write() as session:
        if ended == "key":
            session.execute(update(ApiKey).values(revoked_at=now()))
        else:
            session.execute(update(Person).values(is_active=False))
    assert work(company)
    with company.resources.transactions.read() as session:
        run = session.scalars(select(Run).where(Run.kind == "answers")).one()
        assert (run.state, run.error_code) == ("failed", "not_signed_in")
        assert session.scalars(select(Answer)).all() == []


def test_a_batch_waits_for_an_engine_that_is_down(client, company, key):
    batch = send(client, key, QUESTION)
    company.resources.model.is_down = True
    assert work(company)
    waiting = read(client, key, batch)
    assert (waiting["state"], waiting["error_code"], waiting["done"]) == ("waiting", "engine_unavailable", 0)
    assert not work(company)


def test_a_batch_whose_api_died_is_taken_over_where_it_was(client, company, key):
    batch = send(client, key, QUESTION, QUESTION)
    company.resources.model.pieces = []
    work(company)
    with company.resources.transactions.write() as session:
        row = session.scalars(select(Run).where(Run.kind == "answers")).one()
        row.state, row.finished_at = "waiting", None
    first, second = read(client, key, batch)["items"]
    work(company)
    assert [one["answer_id"] for one in read(client, key, batch)["items"]] == [
        first["answer_id"],
        second["answer_id"],
    ]


def test_a_person_who_has_no_place_left_waits_with_the_batch(client, company, key):
    batch = send(client, key, QUESTION)
    admission = Admission(Answers(running_each=1))
    admission.enter(company.people["ada"])
    assert work(company, admission)
    assert read(client, key, batch)["error_code"] == "too_many_requests"


def test_a_cancelled_batch_is_not_answered(client, company, key):
    batch = send(client, key, QUESTION)
    assert client.delete(batch, headers=key).status_code == 204
    assert not work(company)
    assert read(client, key, batch)["state"] == "cancelled"


def test_a_question_in_a_conversation_is_refused(client, key):
    asked = {"questions": [QUESTION | {"conversation_id": "0" * 32}]}
    assert client.post(ADDRESS, json=asked, headers=key).status_code == 400


def test_batches_are_listed_newest_first(client, company, key):
    older, newer = (send(client, key, QUESTION).rsplit("/", 1)[-1] for _ in range(2))
    first = read(client, key, "/api/v1/answer-batches?limit=1")
    second = client.get("/api/v1/answer-batches", params={"cursor": first["next_cursor"]}, headers=key).json()
    assert [one["id"] for one in (*first["items"], *second["items"])] == [newer, older]


def test_a_serving_api_finds_what_was_asked(company, key):
    """The loop itself: woken by the route, ended with its api."""

    async def serve():
        working = Batches(Admission(Answers()), company.resources)
        app = create_app(company.resources.settings, company.resources)
        app.state.batches = working
        with TestClient(app) as opened:
            async with working.serving():
                batch = await asyncio.to_thread(send, opened, key, QUESTION)
                async with asyncio.timeout(60):
                    while (await asyncio.to_thread(read, opened, key, batch))["state"] != "done":  # noqa: ASYNC110
                        await asyncio.sleep(0.05)

    asyncio.run(serve())


def test_an_api_that_stops_hands_its_batch_back(client, company, key):
    batch = send(client, key, QUESTION)

    async def stop():
        working = Batches(Admission(Answers()), company.resources)
        begun, release = asyncio.Event(), asyncio.Event()

        async def never(*_):
            begun.set()
            await release.wait()

        working._answer = never
        task = asyncio.create_task(working.work_once())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stop())
    handed = read(client, key, batch)
    assert (handed["state"], handed["done"]) == ("waiting", 0)
    with company.resources.transactions.read() as session:
        run = session.scalars(select(Run).where(Run.kind == "answers")).one()
        assert run.not_before < now() + timedelta(seconds=10)


def test_a_batch_whose_askers_claims_expired_says_so(client, company, key):
    batch = send(client, key, QUESTION)
    with company.resources.transactions.write() as session:
        known = OutsideIdentity(person_id=company.people["ada"], issuer="https://idp", subject="1")
        known.expires_at = now()
        session.add(known)
    assert work(company)
    with company.resources.transactions.read() as session:
        run = session.scalars(select(Run).where(Run.kind == "answers")).one()
        assert (run.state, run.error_code) == ("failed", "claims_expired")
        assert session.scalars(select(Answer)).all() == []
    assert read(client, key, batch)["error_code"] == "claims_expired"
