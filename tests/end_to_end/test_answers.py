"""One file in, one strict, cited answer out; on real vLLM, Celery and Chroma."""

import json
from collections.abc import Iterator

import httpx
import pytest
from openai import OpenAI

from tests.benchmarks import stopping
from tests.benchmarks.run import AT_LENGTH
from tests.parts import wait_until
from tests.quality.stack import ROOT
from tests.running_product import RunningProduct

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]
ENDED = ("done", "failed", "quarantined", "cancelled")
NOTE = """# Lantern procedure

The lantern on pier seven is lit at 17:40 every evening. It is looked after by Ines Varga.
A broken lantern is reported to the harbour office under code LP-311.
"""


@pytest.fixture(scope="module")
def curator(stack: RunningProduct) -> Iterator[httpx.Client]:
    with stack.signed_in() as client:
        yield client


@pytest.fixture(scope="module")
def lantern(curator: httpx.Client) -> dict:
    """The note's document, read and visible."""
    reply = curator.post(
        "/api/v1/documents",
        data={"collection": "company-handbook"},
        files={"file": ("lantern.md", NOTE.encode())},
    )
    assert reply.status_code == 202, reply.text
    job = reply.headers["Location"]
    wait_until(lambda: curator.get(job).json()["state"] in ENDED, "the note is read", 240)
    assert curator.get(job).json()["state"] == "done"
    return curator.get(f"/api/v1/documents/{reply.json()['document']['id']}").json()


def test_strict_answer_cites_the_sentence_it_rests_on(curator: httpx.Client, lantern: dict) -> None:
    reply = curator.post("/api/v1/answers", json={"question": "When is the lantern on pier seven lit?"})
    assert reply.status_code == 200, reply.text
    answer = reply.json()
    assert answer["policy"] == "strict"
    assert "17:40" in answer["text"]
    citation = answer["citations"][0]
    assert citation["document_id"] == lantern["id"]
    stored = curator.get(f"/api/v1/documents/{lantern['id']}/text").json()["text"]
    assert stored[citation["start"] : citation["end"]] == citation["quote"]
    assert answer["release_id"] == curator.get("/ready").json()["release_id"]


def test_same_question_gives_the_same_answer(curator: httpx.Client, lantern: dict) -> None:
    asked = [
        curator.post("/api/v1/answers", json={"question": "Who looks after the lantern?"}).json()
        for _ in range(2)
    ]
    assert asked[0]["prompt_hash"] == asked[1]["prompt_hash"] != ""
    assert asked[0]["text"] == asked[1]["text"]


@pytest.mark.usefixtures("lantern")
def test_closed_stream_stops_the_engine(stack: RunningProduct, curator: httpx.Client) -> None:
    """An answer that was whole before its asker had left proves nothing, so the next one is left."""
    engine = stack.engine["url"]
    assert any(stopping.leave(curator, engine, question).state == "stopped" for question in AT_LENGTH)


def test_openai_client_reads_a_stream_with_citations(
    stack: RunningProduct, curator: httpx.Client, lantern: dict
) -> None:
    key = curator.post("/api/v1/api-keys", json={"name": "line of business", "scopes": ["ask"]}).json()["key"]
    client = OpenAI(base_url=f"{stack.base_url}/v1", api_key=key)
    chunks = list(
        client.chat.completions.create(
            model="holdfast/company-handbook",
            messages=[{"role": "user", "content": "Under which code is a broken lantern reported?"}],
            stream=True,
        )
    )
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert "LP-311" in said
    assert chunks[-1].choices[0].delta.citations[0]["document_name"] == "lantern.md"


def test_another_groups_document_is_never_quoted(stack: RunningProduct) -> None:
    golden = ROOT / "deploy" / "demo" / "questions.jsonl"
    denied = [row for line in golden.read_text().splitlines() if (row := json.loads(line)).get("denied_as")]
    assert len(denied) == 6
    for row in denied[:2]:
        with stack.signed_in(row["denied_as"]) as client:
            reply = client.post("/api/v1/answers", json={"question": row["question"]})
            assert row["canary"] not in reply.text
