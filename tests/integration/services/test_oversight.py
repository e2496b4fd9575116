"""Activity and gaps from what is in SQL, on both databases."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from services.app import create_app
from services.database.session import now
from services.database.tables.answers import DONE, FAILED, REFUSED, Answer, AnswerFeedback, AnswerSource
from services.database.tables.library import ChunkRow
from services.oversight import activity, gaps, routes
from tests.company import Company

TIMED = {"prompt": 100.0, "model": 2100.0, "first_sentence": 900.0}


@pytest.fixture
def company(resources) -> Company:
    company = Company(resources)
    for login in ("ada", "ben", "cyd"):
        company.person(login, "travellers")
    company.person("ida", "travellers", is_admin=True)
    company.person("eve", is_admin=True)
    return company


@pytest.fixture
def client(resources, company):
    with TestClient(create_app(resources.settings, resources)) as client:
        yield client


def give(company, login, question="", *, state=REFUSED, hours_ago=0.0, is_good=None, of=(), **more) -> None:
    """An answer that was given, perhaps judged, and resting on these versions."""
    with company.resources.transactions.write() as session:
        row = Answer(asked_by=company.people[login], question=question, policy="strict", state=state, **more)
        row.created_at = now() - timedelta(hours=hours_ago)
        row.sources = [AnswerSource(version_id=one) for one in of]
        session.add(row)
        session.flush()
        if is_good is not None:
            session.add(AnswerFeedback(answer_id=row.id, is_good=is_good))


def test_hours_count_everybodys_answers_together(company):
    usage = {"prompt_tokens": 300, "completion_tokens": 40}
    for login in ("ada", "ben"):
        give(company, login, state=DONE, usage=usage, timings=TIMED)
    give(company, "ada")
    give(company, "cyd", state=FAILED)
    give(company, "cyd", state=DONE, hours_ago=30)
    with company.resources.transactions.read() as session:
        hours = activity.by_hour(session, 24)
    assert len(hours) == 24
    assert [hour.at.minute for hour in hours] == [0] * 24
    newest = [hour for hour in hours if hour.answered]
    assert [(one.answered, one.refused, one.failed, one.completion_tokens) for one in newest] == [
        (2, 1, 1, 80)
    ]
    assert newest[0].tokens_per_s == 20.0
    assert newest[0].first_sentence_ms == 900.0


def test_activity_over_rest_names_nobody(client, company):
    give(company, "ada", "Where is the bicycle?")
    reply = client.get("/api/v1/activity?hours=2", headers=company.session("ida"))
    assert sum(hour["refused"] for hour in reply.json()["hours"]) == 1
    assert (reply.json()["running"], reply.json()["places"]) == (0, 32)
    assert "bicycle" not in reply.text
    assert company.people["ada"] not in reply.text


def gaps_of(client, company, login) -> list[tuple]:
    reply = client.get("/api/v1/gaps", headers=company.session(login))
    assert reply.status_code == 200, reply.text
    return [(one["words"], one["questions"], one["refused"]) for one in reply.json()["items"]]


def test_gaps_are_refused_and_badly_rated_questions_of_three_people(client, company):
    give(company, "ada", "Where is the bicycle?")
    give(company, "ben", "Who repairs a bicycle?", state=DONE, is_good=False)
    assert gaps_of(client, company, "ida") == []
    give(company, "cyd", "What of my bicycle?")
    give(company, "cyd", "An umbrella for the bicycle?", state=DONE, is_good=True)
    assert gaps_of(client, company, "ida") == [(["bicycle"], 3, 2)]


def test_who_looks_is_none_of_the_three(client, company):
    for login in ("ada", "ben", "ida"):
        give(company, login, "Where is the bicycle?")
    assert gaps_of(client, company, "ida") == []
    give(company, "cyd", "Where is the bicycle?")
    assert gaps_of(client, company, "ida") == [(["bicycle"], 3, 3)]


def test_gaps_tell_the_day_and_no_closer(client, company):
    for login in ("ada", "ben", "cyd"):
        give(company, login, "Where is the bicycle?")
    (gap,) = client.get("/api/v1/gaps", headers=company.session("ida")).json()["items"]
    assert len(gap["last"]) == len("2026-11-01")


def test_gaps_are_counted_with_no_transaction_open(client, company, monkeypatch):
    held, pool = [], company.resources.transactions.engine.pool
    monkeypatch.setattr(gaps, "topics", lambda asked: held.append(pool.checkedout()) or ())
    assert gaps_of(client, company, "ida") == []
    assert held == [0]


def test_gaps_are_counted_for_one_at_a_time(client, company):
    with routes.one_at_a_time:
        reply = client.get("/api/v1/gaps", headers=company.session("ida"))
    assert (reply.status_code, "retry-after" in reply.headers) == (429, True)


def test_gap_counts_only_where_its_sources_may_be_read(client, company):
    (chunk,) = company.add("travel", "travel.txt", ["Trains are booked."], "travellers")
    with company.resources.transactions.read() as session:
        version = session.scalar(select(ChunkRow.version_id).where(ChunkRow.id == chunk))
    for login in ("ada", "ben", "cyd"):
        give(company, login, "Where is the bicycle?", of=[version])
    assert gaps_of(client, company, "ida") == [(["bicycle"], 3, 3)]
    assert gaps_of(client, company, "eve") == []


def test_reader_of_a_collection_sees_no_gaps(client, company):
    assert client.get("/api/v1/gaps", headers=company.session("ada")).status_code == 403


def test_settings_and_lock_are_shown_to_administrators(client, company, lock):
    settings = client.get("/api/v1/settings", headers=company.session("ida"))
    assert "HOLDFAST_ANSWERS__RUNNING" in {one["name"] for one in settings.json()["items"]}
    assert "s" * 32 not in settings.text
    told = client.get("/api/v1/release/lock", headers=company.session("ida")).json()
    assert told["release_id"] == lock.release_id
    assert {part["name"] for part in told["parts"]} >= {"generator", "embedder", "prompts", "chunker"}
