"""An asker over replies made by hand."""

import json

import httpx
import pytest

from services import errors
from services.cli.asker import TRIES, HttpAsker

FULL = httpx.Response(429, headers={"Retry-After": "3"}, json={"detail": "The line is full"})
DOWN = httpx.Response(503, headers={"Retry-After": "900"}, json={"detail": "The index is down"})
FOUND = httpx.Response(200, json={"passages": [{"text": "x"}]})
ANSWER = httpx.Response(200, text='event: answer\ndata: {"kind": "refused"}\n\n')


def again(reply):
    return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)


@pytest.fixture
def asked():
    return []


@pytest.fixture
def waited():
    return []


def asker(replies, asked, waited):
    left = iter(replies)

    def reply(request):
        asked.append(json.loads(request.content))
        return again(next(left))

    http = httpx.Client(base_url="http://holdfast.test", transport=httpx.MockTransport(reply))
    return HttpAsker(http, "ben", waited.append)


def test_a_search_that_is_down_for_a_moment_is_tried_again(asked, waited):
    with (person := asker([DOWN, FULL, FOUND], asked, waited)).http:
        assert person.search("Why?", collections=["a"]) == [{"text": "x"}]
    assert waited == [30.0, 3.0]
    assert asked == [{"question": "Why?", "limit": 5, "collections": ["a"]}] * 3


def test_a_search_that_stays_down_is_an_error(asked, waited):
    with (
        (person := asker([DOWN] * TRIES, asked, waited)).http,
        pytest.raises(errors.HoldfastError, match="index is down"),
    ):
        person.search("Why?")


def test_a_full_line_is_waited_for(asked, waited):
    with (person := asker([FULL, ANSWER], asked, waited)).http:
        assert person.ask("Why?").kind == "refused"
    assert waited == [3.0]


def test_an_answer_that_fails_is_what_came_of_the_question(asked, waited):
    with (person := asker([DOWN], asked, waited)).http:
        exchange = person.ask("Why?")
    assert (exchange.status, exchange.kind, waited) == (503, "failed", [])


def test_what_may_not_be_read_has_no_text(asked, waited):
    transport = httpx.MockTransport(lambda _: httpx.Response(404, json={"detail": "no"}))
    with httpx.Client(base_url="http://holdfast.test", transport=transport) as http:
        assert HttpAsker(http, "ben").stored_text("d") is None
