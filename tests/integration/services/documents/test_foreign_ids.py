"""What one may not know of is not there: every route that takes an id answers as for one that never was."""

import pytest

UNKNOWN = "0" * 32
ROUTES = [
    ("GET", "/api/v1/documents/{document}"),
    ("GET", "/api/v1/documents/{document}/text"),
    ("GET", "/api/v1/documents/{document}/file"),
    ("DELETE", "/api/v1/documents/{document}"),
    ("PUT", "/api/v1/documents/{document}/readers"),
    ("GET", "/api/v1/jobs/{job}"),
    ("GET", "/api/v1/jobs/{job}/events"),
    ("POST", "/api/v1/jobs/{job}/retry"),
    ("GET", "/api/v1/documents?collection={collection}"),
]


@pytest.fixture
def secret(publish, rooms, speak_as):
    """A published document of hr's, with its job and collection."""
    document = publish("salaries.txt", "payroll")
    job = speak_as("ada").get(f"/api/v1/documents/{document['id']}").json()["job"]
    return {"document": document["id"], "job": job["id"], "collection": rooms.payroll}


def send(client, method, path, ids):
    body = {"group_ids": None} if method == "PUT" else None
    return client.request(method, path.format(**ids), json=body)


@pytest.mark.parametrize("login", ["ben", "cy", "root"])
def test_a_foreign_id_is_not_found_on_any_route(secret, speak_as, login):
    client = speak_as(login)
    for method, path in ROUTES:
        reply = send(client, method, path, secret)
        never_was = send(client, method, path, dict.fromkeys(secret, UNKNOWN))
        assert (path, reply.status_code, reply.json()) == (path, 404, never_was.json())


def test_its_reader_meets_no_404(secret, speak_as):
    client = speak_as("ada")
    last = [("DELETE", "/api/v1/documents/{document}")]
    for method, path in [route for route in ROUTES if route not in last] + last:
        assert send(client, method, path, secret).status_code in (200, 204, 409), path


def test_foreign_documents_and_jobs_are_in_no_list_and_no_count(secret, speak_as):
    client = speak_as("ben")
    assert client.get("/api/v1/documents").json()["items"] == []
    assert client.get("/api/v1/jobs").json()["items"] == []
    collections = client.get("/api/v1/collections").json()["items"]
    assert [(item["name"], item["document_count"]) for item in collections] == [("handbook", 0)]


def test_an_administrator_sees_that_a_collection_is_there_and_not_what_is_in_it(secret, speak_as):
    items = speak_as("root").get("/api/v1/collections").json()["items"]
    assert {item["name"]: item["document_count"] for item in items} == {"handbook": 0, "payroll": 0}


def test_a_credential_without_the_scope_is_refused(secret, speak_as):
    client = speak_as("ada", "ask")
    assert client.get(f"/api/v1/documents/{secret['document']}").status_code == 403


def test_a_credential_that_may_only_read_writes_nothing(secret, speak_as):
    client = speak_as("ada", "documents:read")
    assert client.delete(f"/api/v1/documents/{secret['document']}").status_code == 403
    assert client.post(f"/api/v1/jobs/{secret['job']}/retry").status_code == 403


@pytest.mark.parametrize("path", ["/api/v1/documents", "/api/v1/collections", "/api/v1/jobs"])
def test_without_a_credential_nothing_is_told(client, path):
    assert client.get(path).status_code == 401


@pytest.mark.parametrize(
    "path", ["/api/v1/documents/%00", "/api/v1/jobs/%00", "/api/v1/documents?collection=%00"]
)
def test_an_id_that_no_database_could_hold_is_not_found(speak_as, path):
    assert speak_as("ada").get(path).status_code in (400, 404)
