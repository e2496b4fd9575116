"""Answers over REST, at once: on a real server, a real database and a real connection to an engine."""

import base64

import httpx
from sqlalchemy import select

from services import audit, errors
from services.database.tables.answers import Answer
from services.database.tables.audit import AuditEntry
from services.release import Lock
from services.resources import Resources
from tests.company import Company
from tests.scripted_engine import Script
from tests.travel import ALSO_TRUE, LIE, QUESTION, TEXTS, TRUE, UNANSWERABLE
from tests.wire import ask, lookup, stored


def test_answer_cites_the_sentence_it_stands_on(address, ada, hold):
    answer = ask(address, ada, question=QUESTION).json()
    assert (answer["state"], answer["kind"], answer["policy"]) == ("done", "generated", "strict")
    assert answer["text"] == f"{TRUE} [1] {ALSO_TRUE} [2]"
    first = answer["citations"][0]
    assert first["quote"] == TRUE
    assert "\n\n".join(TEXTS)[first["start"] : first["end"]] == TRUE
    assert (first["document_name"], first["page"], first["number"]) == ("travel-policy.txt", 1, 1)


def test_answer_says_what_reproduces_it(address, ada, resources: Resources, lock: Lock):
    answer = ask(address, ada, question=QUESTION).json()
    assert (answer["release_id"], answer["model"]) == (lock.release_id, "scripted")
    assert answer["usage"]["completion_tokens"] == 2
    assert {"search", "prompt", "first_token", "first_sentence", "model", "total"} <= set(answer["timings"])
    with resources.transactions.read() as session:
        row = session.scalars(select(Answer)).one()
        assert row.prompt_hash == answer["prompt_hash"] != ""
        assert row.prompt_chunks[0] == answer["citations"][0]["chunk_id"]
        assert row.sampling == {"max_tokens": 256, "temperature": 0.0, "top_p": 1.0, "seed": 0, "stop": []}


def test_answer_is_kept_as_it_was_given(address, ada):
    answer = ask(address, ada, question=QUESTION).json()
    assert stored(address, ada, answer["id"]) == answer


def test_answer_is_audited_without_its_text(address, ada, resources: Resources, company: Company):
    answer = ask(address, ada, question=QUESTION).json()
    with resources.transactions.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "answer")).one()
        ada_there = audit.known_digest(session, company.people["ada"])
    assert (entry.subject, entry.actor) == (answer["id"], ada_there)
    assert TRUE not in str(vars(entry))
    assert QUESTION not in str(vars(entry))


def test_a_question_that_may_mean_two_things_is_asked_back(address, ada, company: Company, script: Script):
    company.add("prices", "hotel-prices.txt", ["The limit is 150 euros a night."], "travellers")
    company.add("conduct", "presents.txt", ["The limit is 35 euros a year."], "travellers")
    company.add("board", "bonus-plan.txt", ["The limit is 9000 euros a month."], "finance")
    answer = ask(address, ada, question="What is the limit?").json()
    assert (answer["state"], answer["kind"], answer["sentences"]) == ("done", "clarify", [])
    assert sorted(one["label"] for one in answer["options"]) == ["hotel prices", "presents"]
    assert (answer["usage"], script.asked) == ({}, [])
    assert stored(address, ada, answer["id"]) == answer
    body = {"model": "holdfast", "messages": [{"role": "user", "content": "What is the limit?"}]}
    url = f"{address}/v1/chat/completions"
    said = httpx.post(url, headers=ada, json=body, trust_env=False, timeout=60).json()
    assert said["choices"][0]["message"]["content"] == answer["text"]
    assert said["holdfast"]["options"] == answer["options"]


def test_number_the_model_made_up_does_not_leave(address, ada, script: Script):
    script.says = [LIE]
    reply = ask(address, ada, question=QUESTION)
    answer = reply.json()
    assert b"90 euros" not in reply.content
    assert (answer["kind"], answer["dropped_sentences"]) == ("quoted", 1)
    assert [sentence["status"] for sentence in answer["sentences"]] == ["quoted"]
    assert answer["sentences"][0]["text"] == TRUE


def test_lie_and_what_is_beside_the_question_give_way_to_a_quotation(address, ada, script: Script):
    script.says = [LIE, " ", ALSO_TRUE]
    reply = ask(address, ada, question=QUESTION)
    assert b"90 euros" not in reply.content
    # What stands is beside the question, so the sentence that answers is quoted in its place.
    assert reply.json()["text"] == f"{TRUE} [1]"
    assert [one["status"] for one in reply.json()["sentences"]] == ["quoted"]


def test_flag_shows_the_lie_as_one(address, ada, script: Script):
    script.says = [f"{TRUE} ", LIE]
    answer = ask(address, ada, question=QUESTION, policy="flag").json()
    assert [(one["text"], one["status"]) for one in answer["sentences"]] == [
        (TRUE, "supported"),
        (LIE, "flagged"),
    ]


def test_off_checks_nothing_and_says_so(address, ada, script: Script):
    script.says = [LIE]
    answer = ask(address, ada, question=QUESTION, policy="off").json()
    assert [(one["text"], one["status"]) for one in answer["sentences"]] == [(LIE, "unchecked")]
    assert answer["citations"] == []


def test_nothing_relevant_is_refused_without_asking_the_model(address, ada, script: Script):
    answer = ask(address, ada, question=UNANSWERABLE).json()
    assert (answer["state"], answer["kind"], answer["sentences"]) == ("refused", "refused", [])
    assert answer["text"] == "The documents you may read do not answer this."
    assert script.asked == []


def test_caller_without_documents_is_refused_without_a_passage(address, company: Company, script: Script):
    answer = ask(address, company.key("ben", "ask"), question=QUESTION).json()
    assert (answer["state"], answer["nearest"]) == ("refused", [])
    assert script.asked == []


def test_engine_down_is_a_problem_with_passages(address_without_engine, ada, resources: Resources):
    reply = ask(address_without_engine, ada, question=QUESTION)
    problem = reply.json()
    assert (reply.status_code, reply.headers["content-type"]) == (503, "application/problem+json")
    assert problem["code"] == "engine_unavailable"
    assert problem["nearest"][0]["text"] == TEXTS[0]
    with resources.transactions.read() as session:
        row = session.get_one(Answer, problem["answer_id"])
        assert (row.state, row.error_code) == ("failed", "engine_unavailable")


def test_engine_that_breaks_off_fails_the_answer(address, ada, script: Script):
    script.dies_after = 1
    reply = ask(address, ada, question=QUESTION)
    assert (reply.status_code, reply.json()["code"]) == (503, "engine_unavailable")
    kept = stored(address, ada, reply.json()["answer_id"])
    assert (kept["state"], kept["text"]) == ("failed", f"{TRUE} [1]")


def test_both_indexes_down_is_a_problem(address, ada, resources: Resources, monkeypatch):
    resources.chunk_index.is_down = True
    monkeypatch.setattr(resources.vectors, "position", _index_is_gone)
    monkeypatch.setattr(resources.lexical, "search", _index_is_gone)
    reply = ask(address, ada, question=QUESTION)
    assert (reply.status_code, reply.json()["code"]) == (503, "index_unavailable")


def test_one_index_down_is_survived(address, ada, resources: Resources):
    resources.chunk_index.is_down = True
    assert ask(address, ada, question=QUESTION).json()["kind"] == "generated"


def test_database_down_is_a_problem(address, ada, resources: Resources, monkeypatch):
    # The caller is known and the question valid: the answer's first row cannot be written.
    monkeypatch.setattr("services.answers.records.begin", _database_is_gone)
    reply = ask(address, ada, question=QUESTION)
    assert (reply.status_code, reply.json()["code"]) == (503, "database_unavailable")


def _database_is_gone(*_):
    raise errors.DatabaseUnavailable


def _index_is_gone(*_):
    raise errors.IndexUnavailable


def test_unknown_collection_is_not_found_before_anything_begins(address, ada, resources: Resources):
    reply = ask(address, ada, question=QUESTION, collections=["travel", "salaries"])
    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
    with resources.transactions.read() as session:
        assert session.scalars(select(Answer)).all() == []


def test_collections_narrow_the_answer(address, ada, company: Company):
    company.add("notes", "notes.txt", ["Employees like the hotel in Lyon."], "travellers")
    answer = ask(address, ada, question=QUESTION, collections=["notes"]).json()
    assert TRUE not in answer["text"]


def test_list_is_newest_first_in_pages(address, ada):
    ids = [ask(address, ada, question=UNANSWERABLE).json()["id"] for _ in range(3)]
    first = _page(address, ada, limit=2)
    second = _page(address, ada, limit=2, cursor=first["next_cursor"])
    assert [one["id"] for one in (*first["items"], *second["items"])] == ids[::-1]
    assert second["next_cursor"] is None


def test_cursor_of_someone_else_is_refused(address, ada, company: Company):
    ids = [ask(address, ada, question=UNANSWERABLE).json()["id"]]
    foreign = base64.urlsafe_b64encode(ids[0].encode()).decode()
    reply = httpx.get(
        f"{address}/api/v1/answers",
        params={"cursor": foreign},
        headers=company.key("ben", "ask"),
        trust_env=False,
        timeout=60,
    )
    assert reply.status_code == 400


def _page(address, headers, **params):
    return httpx.get(
        f"{address}/api/v1/answers", params=params, headers=headers, trust_env=False, timeout=60
    ).json()


def test_another_persons_answer_is_not_found(address, ada, company: Company):
    answer_id = ask(address, ada, question=QUESTION).json()["id"]
    assert lookup(address, company.key("ben", "ask"), answer_id).status_code == 404


def test_answer_in_json_has_the_place_of_every_value(address, ada, script: Script):
    script.says = ['{"limit": 45, ', '"currency": "dollars"}']
    properties = {"limit": {"type": "integer"}, "currency": {"type": ["string", "null"]}}
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    answer = ask(address, ada, question=QUESTION, schema=schema).json()
    assert answer["value"] == {"limit": 45, "currency": None}
    (sentence,) = answer["sentences"]
    assert (sentence["pointer"], sentence["citations"][0]["quote"]) == ("/limit", TRUE)
    assert stored(address, ada, answer["id"]) == answer
    script.says = ['{"limit": 90, "currency": null}']
    refused = ask(address, ada, question=QUESTION, schema=schema)
    assert (refused.status_code, refused.json()["code"]) == (422, "answer_unsupported")


def test_schema_that_cannot_be_promised_is_refused_before_anything_is_asked(address, ada, script: Script):
    flag = {"type": "object", "properties": {"is_paid": {"type": "boolean"}}}
    for body in [{"schema": flag}, {"schema": {"type": "object"}}, {"schema": flag, "policy": "off"}]:
        refused = ask(address, ada, question=QUESTION, **body)
        assert (refused.status_code, refused.json()["code"]) == (400, "unsupported_parameter")
    assert script.asked == []
