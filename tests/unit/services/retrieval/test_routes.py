import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient

from services import errors
from services.database.tables.audit import AuditEntry
from services.identity.callers import current_caller
from services.retrieval.routes import router


@pytest.fixture
def client(library):
    """The room's routes for a caller in the group `everyone`; the signing in is another room's test."""
    library.add(
        library.collection("handbook", "everyone"), "a.md", ["Hotels cost 120 euro.", "Trains are free."]
    )
    library.add(library.collection("people", "hr"), "b.md", ["The hotel of the director costs 900 euro."])
    app = FastAPI()
    app.state.resources = library.resources
    app.include_router(router)
    app.dependency_overrides[current_caller] = lambda: library.caller("everyone")

    @app.exception_handler(errors.HoldfastError)
    def as_problem(_request, error):
        return JSONResponse(error.as_problem(), error.status)

    with TestClient(app) as client:
        yield client


def search(client, **body):
    return client.post("/api/v1/search", json={"question": "What does a hotel cost?", **body})


def test_search_answers_with_passages(client):
    reply = search(client).json()
    first = reply["passages"][0]
    assert first["text"] == "Hotels cost 120 euro."
    assert (first["document_name"], first["page"], first["start"], first["end"]) == ("a.md", 1, 0, 21)
    assert reply["degraded"] == []
    assert not any("director" in passage["text"] for passage in reply["passages"])


def test_the_limit_is_kept(client):
    assert len(search(client, limit=1).json()["passages"]) == 1


@pytest.mark.parametrize(
    "body", [{"question": ""}, {"limit": 0}, {"limit": 51}, {"question": "x" * 4001}, {"x": 1}]
)
def test_a_request_out_of_bounds_is_refused(client, body):
    assert search(client, **body).status_code == 422


def test_an_unreadable_collection_is_404(client):
    assert search(client, collections=["people"]).status_code == 404


def test_a_passage_is_shown_with_its_surroundings(client):
    chunk_id = search(client).json()["passages"][0]["chunk_id"]
    shown = client.get(f"/api/v1/passages/{chunk_id}").json()
    assert shown["text"] + shown["after"] == "Hotels cost 120 euro.\n\nTrains are free."
    assert shown["before"] == ""


def test_an_unknown_passage_is_404(client):
    reply = client.get("/api/v1/passages/" + "0" * 64)
    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


def test_reading_is_audited_without_text(client, library):
    chunk_id = search(client).json()["passages"][0]["chunk_id"]
    client.get(f"/api/v1/passages/{chunk_id}")
    with library.resources.transactions.read() as session:
        searched, read = session.query(AuditEntry).order_by(AuditEntry.id)
    assert (searched.action, read.action, read.subject) == ("search", "passage.read", chunk_id)
    assert "otel" not in str(searched.detail) + str(read.detail)
