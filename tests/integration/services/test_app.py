"""The frame around the rooms: problems for every error, headers, the page's files, and what logs hold."""

import io
import json
import logging
import re
import socket

import httpx
import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from prometheus_client import REGISTRY, generate_latest
from sqlalchemy import create_engine

from services import errors, library_metrics
from services.app import create_app
from services.database.session import Transactions
from services.headers import ALWAYS
from services.settings import Settings, Web
from tests.company import Company
from tests.parts import SqliteTemplate
from tests.served import serving

PAGE = "<!doctype html><title>Holdfast</title>"


@pytest.fixture
def settings(migrated_sqlite: SqliteTemplate, tmp_path):
    migrated_sqlite.copy_to(tmp_path)
    return Settings(data_dir=tmp_path, secret_key="s" * 32, web=Web(dist=tmp_path / "dist"))


@pytest.fixture
def dist(settings):
    folder = settings.web.dist
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "assets" / "page-1a2b.js").write_text("let x = 1")
    (folder.parent / "secret").write_text("a secret beside the page")
    return folder


@pytest.fixture
def app(settings, resources):
    return create_app(settings, resources)


@pytest.fixture
def client(app):
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def every_error(base=errors.HoldfastError):
    return [base, *(found for child in base.__subclasses__() for found in every_error(child))]


@pytest.fixture
def failing(app, client):
    """A client whose routes /fail/… raise the error named in the path."""
    by_name = {error.__name__: error for error in every_error()}
    router = APIRouter()

    def fail(name: str):
        raise by_name[name]("what to do now", retry_after=7)

    for path in ("/api/v1/fail/{name}", "/v1/fail/{name}"):
        router.add_api_route(path, fail)
    app.router.routes[:0] = router.routes
    return client


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.__name__)
def test_every_error_is_a_problem(failing, error):
    reply = failing.get(f"/api/v1/fail/{error.__name__}")
    assert reply.status_code == error.status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json() == {
        "type": f"urn:holdfast:error:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": "what to do now",
        "code": error.code,
    }


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.__name__)
def test_every_error_has_the_other_doors_shape_there(failing, error):
    reply = failing.get(f"/v1/fail/{error.__name__}")
    assert (reply.status_code, reply.headers["content-type"]) == (error.status, "application/json")
    body = reply.json()["error"]
    assert (body["message"], body["code"]) == ("what to do now", error.code)
    assert body["type"] in {"invalid_request_error", "api_error", "authentication_error"}


def test_codes_are_unique():
    codes = [error.code for error in every_error()]
    assert len(codes) == len(set(codes))


def test_tree_in_the_docstring_is_the_tree():
    drawn = re.findall(r"(\w+) +(\d{3}) (\w+)", errors.__doc__)
    assert sorted(drawn) == sorted((one.__name__, str(one.status), one.code) for one in every_error())


def test_when_to_try_again_is_said(failing):
    assert failing.get("/api/v1/fail/TooManyRequests").headers["retry-after"] == "7"
    assert failing.get("/v1/fail/TooManyRequests").headers["retry-after"] == "7"


def test_how_to_sign_in_is_said(failing):
    assert failing.get("/api/v1/collections").headers["www-authenticate"] == "Bearer"


def test_error_nobody_foresaw_tells_nothing(app, client):
    def fail():
        raise LookupError("a secret sentence")

    router = APIRouter()
    router.add_api_route("/api/v1/broken", fail)
    app.router.routes[:0] = router.routes
    reply = client.get("/api/v1/broken")
    assert (reply.status_code, reply.json()["code"]) == (500, "internal")
    assert "secret" not in reply.text
    assert reply.headers["x-request-id"]


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b"\xff", b'{"question": "' + b"\\ud800" + b'"}', b'{"question": ""}', b'{"question": 1}',
     b'{"question": "why", "policy": "lax"}', b'{"question": "why", "as": "ben"}'],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("path", ["/api/v1/answers", "/api/v1/search"])
def test_invalid_bodies_are_problems(client, resources, path, content):
    company = Company(resources)
    company.person("ada")
    headers = company.key("ada", "ask", "search") | {"Content-Type": "application/json"}
    reply = client.post(path, content=content, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (400, "invalid_request")


def test_validation_does_not_repeat_what_was_sent(client):
    secret = "hunter2" * 300
    reply = client.post("/api/v1/session", json={"login": ["x"], "password": secret, "extra": "hunter2"})
    assert reply.status_code == 400
    assert "hunter2" not in reply.text


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v2/answers", "/api/", "/v1/completions"])
def test_unknown_address_is_not_found_with_every_method(client, dist, method, path):
    reply = client.request(method, path)
    code = reply.json()["error"]["code"] if path.startswith("/v1/") else reply.json()["code"]
    assert (reply.status_code, code) == (404, "not_found")


def test_wrong_method_says_which_are_right(client):
    reply = client.put("/api/v1/search")
    assert (reply.status_code, reply.json()["code"]) == (405, "method_not_allowed")
    assert reply.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path", ["/live", "/ready", "/", "/api/v1/nothing", "/api/v1/session", "/openapi.json"]
)
def test_every_reply_has_the_security_headers(client, path):
    reply = client.get(path)
    assert {name: reply.headers[name] for name in ALWAYS} == ALWAYS
    assert re.fullmatch(r"[0-9a-f]{16}", reply.headers["x-request-id"])


def test_policy_lets_no_inline_script_or_style_run(client):
    policy = client.get("/live").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_request_ids_differ(client):
    assert len({client.get("/live").headers["x-request-id"] for _ in range(5)}) == 5


def test_replies_of_the_api_are_not_cached(client):
    assert client.get("/api/v1/session").headers["cache-control"] == "no-store"


def test_page_is_served_for_its_own_addresses(client, dist):
    for path in ("/", "/ask", "/documents/some-id", "/passages/a%20b"):
        reply = client.get(path)
        assert (reply.status_code, reply.text) == (200, PAGE)
        assert reply.headers["cache-control"] == "no-cache"


def test_hashed_files_are_cached_for_good(client, dist):
    reply = client.get("/assets/page-1a2b.js")
    assert reply.headers["content-type"].startswith("text/javascript")
    assert "immutable" in reply.headers["cache-control"]


def test_missing_file_is_not_the_page(client, dist):
    assert client.get("/assets/page-0000.js").status_code == 404


def test_page_that_was_not_built_says_so(client):
    reply = client.get("/")
    assert reply.status_code == 503
    assert "make web" in reply.text


@pytest.mark.parametrize(
    "path",
    ["/../secret", "/%2e%2e/secret", "/..%2fsecret", "/assets/../../secret", "/assets/%2e%2e/%2e%2e/secret",
     "//etc/passwd", "/%2fetc/passwd", "/..\\secret", "/%00", "/assets/%00.js", "/" + "a" * 5000,
     "/" + "a/" * 3000, "/%ff%fe"],
)  # fmt: skip
def test_nothing_beside_the_page_is_served(app, dist, resources, path):
    # A real server and a raw request: clients tidy such paths up before they are sent.
    with serving(resources) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            reply = b"".join(iter(lambda: connection.recv(65536), b""))
    status = int(reply.split(b" ", 2)[1])
    assert status in (200, 400, 404), reply
    assert b"a secret beside" not in reply
    assert b"root:" not in reply
    assert status != 200 or PAGE.encode() in reply


def test_schema_is_served_without_outside_scripts(client):
    assert client.get("/openapi.json").json()["info"]["title"] == "Holdfast"
    assert client.get("/docs").status_code in (404, 503)


def test_ready_tells_parts_and_release(client, resources):
    reply = client.get("/ready")
    assert reply.status_code == 200
    assert reply.json() == {
        "ready": True,
        "release_id": resources.lock.release_id,
        "parts": {
            "database": True,
            "chunk_index": True,
            "own_indexes": True,
            "queue": True,
            "engine": True,
        },
    }


@pytest.mark.parametrize(("part", "status"), [("chunk_index", 503), ("queue", 200), ("model", 200)])
def test_ready_says_what_is_down(client, resources, part, status):
    getattr(resources, part).is_down = True
    reply = client.get("/ready")
    assert reply.status_code == status
    name = "engine" if part == "model" else part
    assert [one for one, is_up in reply.json()["parts"].items() if not is_up] == [name]


def test_live_needs_nothing(client, resources):
    resources.chunk_index.is_down = resources.queue.is_down = resources.model.is_down = True
    assert client.get("/live").json() == {"status": "live"}


def test_logs_hold_no_question_and_no_error_text(resources, monkeypatch, capfd):
    """Not even when something breaks: uvicorn would print the error, which quotes its parameters."""
    company = Company(resources)
    company.person("ada", "travellers")
    company.add("travel", "policy.txt", ["Zebras are fed at noon."], "travellers")
    question = "When are the zebras fed?"

    def break_with(*given, **named):
        raise LookupError(f"cannot bind {question}")

    with serving(resources) as address:
        headers = company.key("ada", "ask", "search")
        monkeypatch.setattr("services.retrieval.search.find_passages", break_with)
        for path in ("/api/v1/search", "/api/v1/answers"):
            body = {"question": question}
            reply = httpx.post(f"{address}{path}", json=body, headers=headers, trust_env=False, timeout=60)
            assert (reply.status_code, reply.json()["code"]) == (500, "internal")
    logged = capfd.readouterr().err
    assert "LookupError" in logged
    assert "zebras" not in logged


def test_log_lines_carry_their_requests_id(client, monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(logging.getLogger().handlers[0], "stream", stream)

    def note(*_):
        logging.getLogger("services.test").info("seen", extra={"count": 2})

    monkeypatch.setattr("services.health._ask_index", note)
    request_id = client.get("/ready").headers["x-request-id"]
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    seen = next(line for line in lines if line["message"] == "seen")
    assert (seen["request"], seen["process"], seen["count"]) == (request_id, "api", 2)


def test_page_is_compressed_for_a_browser_that_takes_it(client, dist):
    script = dist / "assets" / "page-1a2b.js"
    script.write_text("let x = 1;" * 1000)
    small = client.get("/assets/page-1a2b.js", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/assets/page-1a2b.js", headers={"Accept-Encoding": "identity"})
    assert small.text == plain.text == script.read_text()
    assert (small.headers["content-encoding"], "content-encoding" in plain.headers) == ("gzip", False)
    assert small.headers["content-type"] == plain.headers["content-type"]
    assert int(small.headers["content-length"]) < 200


def test_metrics_say_what_waits_and_what_is_served(app, resources):
    company = Company(resources)
    company.person("ada", "travellers")
    company.add("travel", "travel-policy.txt", ["Trains are booked in second class."], "travellers")
    with library_metrics.reporting(resources):
        text = generate_latest(REGISTRY).decode()
    assert 'holdfast_versions{state="visible"} 1.0' in text
    assert "holdfast_database_up 1.0" in text
    assert f'release_id="{resources.lock.release_id}"' in text
    assert "travel-policy" not in text


def test_metrics_go_on_without_the_database():
    broken = Transactions(create_engine("sqlite:////nowhere/at/all.db"))
    families = {family.name: family for family in library_metrics.LibraryCollector(broken).collect()}
    assert families["holdfast_database_up"].samples[0].value == 0
