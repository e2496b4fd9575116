"""What happens when the asker leaves: the engine stops, and what there is is kept as `stopped`."""

import http.client
import json
import threading

import httpx
import pytest
from sqlalchemy import select

from services.answers import records
from services.database.tables.answers import Answer
from services.database.tables.audit import AuditEntry
from services.resources import Resources
from tests.parts import wait_until
from tests.scripted_engine import Script
from tests.travel import QUESTION, TRUE
from tests.wire import STREAM, asking, stored

# Nothing but the asker's leaving ends a held answer, so patience proves as much as haste.
PATIENCE_S = 60.0


@pytest.fixture
def ended(monkeypatch) -> threading.Event:
    """Set once an answer's last transaction has committed."""
    event = threading.Event()
    end = records.end

    def end_and_tell(*given):
        answer = end(*given)
        event.set()
        return answer

    monkeypatch.setattr(records, "end", end_and_tell)
    return event


def test_closing_the_stream_stops_the_engine(address, ada, hold, script: Script, ended):
    hold.touch()
    with asking(address, ada, question=QUESTION) as events:
        answer_id = events.until("question")["id"]
        events.until("sentence")
    assert script.left.wait(PATIENCE_S)
    assert ended.wait(PATIENCE_S)
    kept = stored(address, ada, answer_id)
    assert (kept["state"], kept["text"]) == ("stopped", f"{TRUE} [1]")
    assert kept["citations"][0]["quote"] == TRUE


def test_stopped_answer_is_audited_like_any_other(address, ada, hold, ended, resources: Resources):
    hold.touch()
    with asking(address, ada, question=QUESTION) as events:
        events.until("sentence")
    assert ended.wait(PATIENCE_S)
    with resources.transactions.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "answer")).one()
    assert entry.detail["state"] == "stopped"


def test_leaving_a_json_request_stops_the_engine_too(address, ada, hold, script: Script, ended):
    hold.touch()
    left = http.client.HTTPConnection(address.removeprefix("http://"))
    left.request(
        "POST",
        "/api/v1/answers",
        json.dumps({"question": QUESTION}),
        ada | {"Content-Type": "application/json"},
    )
    wait_until(lambda: script.asked, "the engine is asked")
    left.close()
    assert script.left.wait(PATIENCE_S)
    assert ended.wait(PATIENCE_S)


def test_leaving_the_openai_stream_stops_the_engine_too(address, ada, hold, script: Script, ended):
    hold.touch()
    body = {"model": "holdfast", "stream": True, "messages": [{"role": "user", "content": QUESTION}]}
    with httpx.stream(
        "POST", f"{address}/v1/chat/completions", json=body, headers=ada, trust_env=False, timeout=60
    ) as reply:
        assert next(line for line in reply.iter_lines() if TRUE in line)
    assert script.left.wait(PATIENCE_S)
    assert ended.wait(PATIENCE_S)


def test_leaving_during_retrieval_keeps_a_stopped_answer(
    address, ada, ended, resources: Resources, monkeypatch
):
    searching, gate = threading.Event(), threading.Event()
    search = resources.vectors.search

    def slow_search(*given):
        searching.set()
        gate.wait(PATIENCE_S)
        return search(*given)

    monkeypatch.setattr(resources.vectors, "search", slow_search)
    with asking(address, ada, question=QUESTION) as events:
        answer_id = events.until("question")["id"]
        assert searching.wait(PATIENCE_S)
    gate.set()
    assert ended.wait(PATIENCE_S)
    assert stored(address, ada, answer_id)["state"] == "stopped"


def test_leaving_while_the_answer_begins_leaves_no_running_row(
    address, ada, ended, resources: Resources, monkeypatch
):
    began, gate = threading.Event(), threading.Event()
    begin = records.begin

    def slow_begin(*given):
        answer_id = begin(*given)
        began.set()
        gate.wait(PATIENCE_S)
        return answer_id

    monkeypatch.setattr(records, "begin", slow_begin)
    client = httpx.Client(base_url=address, timeout=PATIENCE_S, trust_env=False)
    with client.stream("POST", "/api/v1/answers", json={"question": QUESTION}, headers=ada | STREAM):
        assert began.wait(PATIENCE_S)
    client.close()
    gate.set()
    assert ended.wait(PATIENCE_S)
    with resources.transactions.read() as session:
        assert session.scalars(select(Answer.state)).all() == ["stopped"]


def test_last_transaction_outlives_the_caller(address, ada, resources: Resources, hold, monkeypatch):
    ending, gate = threading.Event(), threading.Event()
    end = records.end

    def slow_end(*given):
        ending.set()
        gate.wait(PATIENCE_S)
        return end(*given)

    monkeypatch.setattr(records, "end", slow_end)
    with asking(address, ada, question=QUESTION) as events:
        answer_id = events.until("question")["id"]
        assert ending.wait(PATIENCE_S)
    gate.set()
    wait_until(lambda: _state(resources, answer_id) != "running", "the answer has ended")
    assert _state(resources, answer_id) == "done"


def _state(resources: Resources, answer_id: str) -> str:
    with resources.transactions.read() as session:
        return session.get_one(Answer, answer_id).state
