"""Answers over REST, as events: their order, when they leave, and how a stream tells of a failure."""

import threading

import httpx
from sqlalchemy import select

from services import errors
from services.database.tables.answers import Answer
from services.resources import Resources
from tests.scripted_engine import Script
from tests.travel import ALSO_TRUE, LIE, QUESTION, TEXTS, TRUE, UNANSWERABLE
from tests.wire import STREAM, asking, stored


def test_events_come_in_their_order(address, ada):
    with asking(address, ada, question=QUESTION) as events:
        told = list(events)
    assert [name for name, _ in told] == ["question", "passages", "sentence", "sentence", "answer"]
    bodies = dict(told)
    assert bodies["question"]["searched_as"] == QUESTION
    assert bodies["passages"]["passages"][0]["text"] == TEXTS[0]
    assert [body["text"] for name, body in told if name == "sentence"] == [TRUE, ALSO_TRUE]
    assert bodies["answer"] == stored(address, ada, bodies["question"]["id"])


def test_stream_is_not_held_back_by_proxies(address, ada):
    with asking(address, ada, question=QUESTION) as events:
        headers = events.reply.headers
    assert headers["content-type"].startswith("text/event-stream")
    assert (headers["x-accel-buffering"], headers["cache-control"]) == ("no", "no-store")
    assert "content-length" not in headers


def test_question_leaves_before_retrieval_ends(address, ada, resources: Resources, monkeypatch):
    gate = threading.Event()
    search = resources.vectors.search
    monkeypatch.setattr(resources.vectors, "search", lambda *given: gate.wait(60) and search(*given))
    with asking(address, ada, question=QUESTION) as events:
        assert events.until("question")["question"] == QUESTION
        assert not gate.is_set()
        gate.set()
        assert events.until("answer")["state"] == "done"


def test_checked_sentence_leaves_while_the_engine_still_speaks(address, ada, hold):
    hold.touch()
    with asking(address, ada, question=QUESTION) as events:
        assert events.until("sentence")["text"] == TRUE
        hold.unlink()
        assert events.until("answer")["state"] == "done"


def test_heartbeats_come_while_the_engine_is_silent(address, ada, hold):
    hold.touch()
    with asking(address, ada, question=QUESTION) as events:
        events.until("sentence")
        events.wait_for_comment()
        events.wait_for_comment()
        hold.unlink()
        assert events.until("answer")["state"] == "done"


def test_number_the_model_made_up_never_leaves(address, ada, script: Script):
    script.says = [LIE[:30], LIE[30:]]
    reply = httpx.post(
        f"{address}/api/v1/answers",
        json={"question": QUESTION},
        headers=ada | STREAM,
        trust_env=False,
        timeout=60,
    )
    assert b"90 euros" not in reply.content
    assert b'"status":"quoted"' in reply.content


def test_strict_sends_no_raw_tokens(address, ada):
    with asking(address, ada, question=QUESTION) as events:
        assert "token" not in [name for name, _ in events]


def test_off_sends_the_models_own_tokens(address, ada, script: Script):
    with asking(address, ada, question=QUESTION, policy="off") as events:
        told = list(events)
    assert "".join(body["text"] for name, body in told if name == "token") == "".join(script.says)


def test_refusal_has_its_passages_and_no_sentence(address, ada, script: Script):
    with asking(address, ada, question=UNANSWERABLE) as events:
        names = [name for name, _ in events]
    assert names == ["question", "passages", "answer"]
    assert script.asked == []


def test_engine_down_fails_after_the_passages(address_without_engine, ada):
    with asking(address_without_engine, ada, question=QUESTION) as events:
        told = list(events)
    assert [name for name, _ in told] == ["question", "passages", "failed"]
    problem = dict(told)["failed"]
    assert (problem["code"], problem["status"]) == ("engine_unavailable", 503)
    assert problem["nearest"][0]["text"] == TEXTS[0]
    assert stored(address_without_engine, ada, problem["answer_id"])["state"] == "failed"


def test_engine_that_breaks_off_keeps_what_was_said(address, ada, script: Script):
    script.dies_after = 1
    with asking(address, ada, question=QUESTION) as events:
        told = list(events)
    assert [name for name, _ in told] == ["question", "passages", "sentence", "failed"]
    kept = stored(address, ada, dict(told)["failed"]["answer_id"])
    assert (kept["state"], kept["text"]) == ("failed", f"{TRUE} [1]")


def test_database_down_is_told_in_the_stream(address, ada, monkeypatch):
    monkeypatch.setattr("services.answers.records.begin", _database_is_gone)
    with asking(address, ada, question=QUESTION) as events:
        assert [(name, body["code"]) for name, body in events] == [("failed", "database_unavailable")]


def test_database_down_at_the_end_is_told_in_the_stream(address, ada, monkeypatch):
    monkeypatch.setattr("services.answers.records.end", _database_is_gone)
    with asking(address, ada, question=QUESTION) as events:
        told = list(events)
    assert [name for name, _ in told] == ["question", "passages", "sentence", "sentence", "failed"]
    assert told[-1][1]["code"] == "database_unavailable"


def test_error_nobody_foresaw_ends_the_answer_as_failed(address, ada, monkeypatch):
    monkeypatch.setattr("services.answers.prompt.build_prompt", _nobody_foresaw)
    with asking(address, ada, question=QUESTION) as events:
        told = dict(events)
    assert told["failed"]["code"] == "internal"
    assert "secret" not in str(told)
    assert stored(address, ada, told["failed"]["answer_id"])["state"] == "failed"


def test_problem_found_before_the_first_byte_keeps_its_status(address, ada):
    reply = httpx.post(
        f"{address}/api/v1/answers",
        json={"question": QUESTION, "collections": ["salaries"]},
        headers=ada | STREAM,
        trust_env=False,
        timeout=60,
    )
    assert (reply.status_code, reply.headers["content-type"]) == (404, "application/problem+json")


def _database_is_gone(*_):
    raise errors.DatabaseUnavailable


def _nobody_foresaw(*_):
    raise LookupError("a secret sentence")


def test_source_withdrawn_while_the_model_speaks_ends_the_answer(address, ada, hold, company, resources):
    hold.touch()
    with asking(address, ada, question=QUESTION) as events:
        events.until("sentence")
        company.leave("ada", "travellers")
        hold.unlink()
        told = events.until("failed")
    assert (told["code"], told["nearest"]) == ("not_found", [])
    with resources.transactions.read() as session:
        kept = session.scalars(select(Answer)).one()
    assert (kept.state, kept.text, kept.sentences) == ("failed", "", [])
