"""Conversations on a real server: follow-ups are understood, and what may no longer be read is gone."""

import httpx
from sqlalchemy import select

from services.database.session import now
from services.database.tables.answers import Answer
from services.database.tables.identity import ApiKey
from services.database.tables.library import Document
from tests.scripted_engine import Script, allowed
from tests.travel import QUESTION, TRUE
from tests.wire import ask


def new_conversation(address, headers, **body) -> str:
    reply = httpx.post(
        f"{address}/api/v1/conversations", headers=headers, json=body, trust_env=False, timeout=60
    )
    assert reply.status_code == 201
    return str(reply.json()["id"])


def get(address, headers, path):
    return httpx.get(f"{address}/api/v1{path}", headers=headers, trust_env=False, timeout=60)


def test_conversation_is_called_by_its_first_question_and_keeps_its_answers(address, ada):
    conversation = new_conversation(address, ada)
    first = ask(address, ada, question=QUESTION, conversation_id=conversation).json()
    assert first["conversation_id"] == conversation
    (listed,) = get(address, ada, "/conversations").json()["items"]
    assert (listed["id"], listed["title"]) == (conversation, QUESTION)
    kept = get(address, ada, f"/conversations/{conversation}/answers").json()["items"]
    assert [one["id"] for one in kept] == [first["id"]]


def test_follow_up_is_searched_as_what_it_means(address, ada, script: Script):
    conversation = new_conversation(address, ada)
    ask(address, ada, question="How much may employees claim per night in Paris?",
        conversation_id=conversation)  # fmt: skip
    script.asked.clear()
    answer = ask(address, ada, question="And in Lyon?", conversation_id=conversation).json()
    assert answer["question"] == "And in Lyon?"
    assert answer["searched_as"] == "How much may employees claim per night in Lyon?"
    assert TRUE in answer["text"]
    assert len(script.asked) == 1  # a rule was enough: the model wrote the answer and nothing else


def test_pronoun_costs_one_short_call_and_a_made_up_rewriting_is_not_taken(address, ada, script: Script):
    conversation = new_conversation(address, ada)
    ask(address, ada, question=QUESTION, conversation_id=conversation)
    script.asked.clear()
    answer = ask(address, ada, question="Who approves it?", conversation_id=conversation).json()
    assert answer["searched_as"].startswith("Who approves it (")
    short = [body for body in script.asked if (allowed(body) or 0) <= 60]
    assert len(short) == 1
    assert script.asked[0] is short[0]


def test_question_that_stands_alone_is_searched_as_it_is(address, ada):
    conversation = new_conversation(address, ada)
    ask(address, ada, question="In which class are train journeys booked?", conversation_id=conversation)
    answer = ask(address, ada, question=QUESTION, conversation_id=conversation).json()
    assert answer["searched_as"] == QUESTION


def test_openai_messages_before_help_to_understand_the_last(address, ada):
    messages = [
        {"role": "user", "content": "How much may employees claim per night in Paris?"},
        {"role": "assistant", "content": "The documents you may read do not answer this."},
        {"role": "user", "content": "And in Lyon?"},
    ]
    reply = httpx.post(
        f"{address}/v1/chat/completions",
        headers=ada,
        json={"model": "holdfast", "messages": messages},
        trust_env=False,
        timeout=60,
    ).json()
    assert reply["holdfast"]["searched_as"] == "How much may employees claim per night in Lyon?"
    assert TRUE in reply["choices"][0]["message"]["content"]


def test_removed_conversation_takes_its_answers_along(address, ada, resources):
    conversation = new_conversation(address, ada)
    answer = ask(address, ada, question=QUESTION, conversation_id=conversation).json()
    path = f"{address}/api/v1/conversations/{conversation}"
    assert httpx.delete(path, headers=ada, trust_env=False, timeout=60).status_code == 204
    assert get(address, ada, f"/answers/{answer['id']}").status_code == 404
    with resources.transactions.read() as session:
        assert session.scalars(select(Answer)).all() == []


def test_somebody_elses_conversation_is_unknown(address, ada, company):
    conversation = new_conversation(address, ada)
    ben = company.key("ben", "ask")
    assert ask(address, ben, question=QUESTION, conversation_id=conversation).status_code == 404
    assert get(address, ben, f"/conversations/{conversation}/answers").status_code == 404


def test_withdrawn_source_hides_the_answers_that_rest_on_it(address, ada, resources):
    conversation = new_conversation(address, ada)
    first = ask(address, ada, question=QUESTION, conversation_id=conversation).json()
    document = first["citations"][0]["document_id"]
    with resources.transactions.write() as session:
        session.get_one(Document, document).deleted_at = now()
    assert get(address, ada, f"/conversations/{conversation}/answers").json()["items"] == []


def test_feedback_becomes_a_question_of_a_set(address, ada):
    answer = ask(address, ada, question=QUESTION).json()
    path = f"{address}/api/v1/answers/{answer['id']}/feedback"
    assert (
        httpx.put(path, headers=ada, json={"is_good": True}, trust_env=False, timeout=60).status_code == 204
    )
    right = {"is_good": False, "correction": "45 euros"}
    assert httpx.put(path, headers=ada, json=right, trust_env=False, timeout=60).status_code == 204
    (judged,) = get(address, ada, "/feedback").json()["items"]
    assert (judged["question"], judged["answers"], judged["is_good"]) == (QUESTION, ["45 euros"], False)
    assert judged["documents"] == ["travel-policy.txt"]
    assert httpx.delete(path, headers=ada, trust_env=False, timeout=60).status_code == 204
    assert get(address, ada, "/feedback").json()["items"] == []


def test_key_for_another_collection_does_not_know_the_conversation(address, ada, resources):
    conversation = new_conversation(address, ada)
    ask(address, ada, question=QUESTION, conversation_id=conversation)
    with resources.transactions.write() as session:
        for key in session.scalars(select(ApiKey)):
            key.collection_ids = ["elsewhere"]
    assert get(address, ada, "/conversations").json()["items"] == []
    gone = httpx.delete(
        f"{address}/api/v1/conversations/{conversation}", headers=ada, trust_env=False, timeout=60
    )
    assert gone.status_code == 404
