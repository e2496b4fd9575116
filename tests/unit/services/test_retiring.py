"""What is going away says so in every reply, with its day and what to use instead."""

from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from services.retiring import RetirementHeaders, Retiring, found

OLD = Retiring(
    "GET",
    "/api/v1/things/{thing_id}",
    since=datetime(2026, 11, 21, tzinfo=UTC),
    until=datetime(2027, 5, 21, tzinfo=UTC),
    instead="/api/v2/things",
)


def test_every_reply_of_it_says_since_when_until_when_and_what_instead():
    routes = [Route(path, lambda _: PlainTextResponse("here")) for path in ("/api/v1/things/{one}", "/other")]
    client = TestClient(RetirementHeaders(Starlette(routes=routes), [OLD]))
    headers = client.get("/api/v1/things/7").headers
    assert headers["deprecation"] == "@1795219200"
    assert headers["sunset"] == "Fri, 21 May 2027 00:00:00 GMT"
    assert headers["link"] == '</api/v2/things>; rel="successor-version"'
    for reply in (client.get("/other"), client.post("/api/v1/things/7"), client.get("/api/v1/things/7/more")):
        assert "deprecation" not in reply.headers


def test_only_that_operation_is_meant():
    assert found("get", OLD.path, [OLD]) is OLD
    assert found("DELETE", "/api/v1/things/7", [OLD]) is None
    assert found("GET", "/api/v1/things/", [OLD]) is None
    assert found("GET", "/api/v1/answers") is None
