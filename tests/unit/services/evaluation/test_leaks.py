import json

import pytest

from services.evaluation import leaks

HEAD = b"content-type: text/event-stream\r\n\r\n"


def chunk(content: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"delta": {"content": content}}]}).encode() + b"\n\n"


@pytest.mark.parametrize(
    "wire",
    [
        HEAD + b"the covenant with Pennine Bank",
        b"x-note: Pennine Bank\r\n\r\n{}",
        HEAD + json.dumps({"passages": [{"text": "covenant with Pennine\nBank"}]}).encode(),
        HEAD + json.dumps({"detail": "Pennine\u00a0Bank"}).encode(),
        HEAD + chunk("Penn") + chunk("ine Ba") + chunk("nk"),
        HEAD
        + b'event: sentence\ndata: {"text": "with Pennine"}\n\nevent: sentence\ndata: {"text": "Bank."}\n\n',
    ],
)
def test_finds_the_canary_however_it_travels(wire):
    assert leaks.has_leaked("Pennine Bank", wire)


def test_a_number_written_otherwise_is_found():
    assert leaks.has_leaked("54100", HEAD + b'{"text": "54,100"}')


@pytest.mark.parametrize(
    "wire", [HEAD, HEAD + b'{"id": "ab54100cd", "detail": "Pennines and banks"}', b"", HEAD + b"{"]
)
def test_finds_nothing_where_nothing_is(wire):
    assert not leaks.has_leaked("Pennine Bank", wire)
    assert not leaks.has_leaked("54100", wire)
