import json

from pydantic import BaseModel

from services.event_stream import HEADERS, comment, event


class Sentence(BaseModel):
    text: str


def test_an_event_is_its_name_one_line_of_json_and_an_empty_line():
    assert event("sentence", Sentence(text="It is so.")) == (
        b'event: sentence\ndata: {"text":"It is so."}\n\n'
    )


def test_line_breaks_in_the_data_do_not_end_the_event():
    body = event("sentence", {"text": "one\n\ndata: two\r\n"})
    head, data, *rest = body.decode().split("\n")
    assert head == "event: sentence"
    assert json.loads(data.removeprefix("data: ")) == {"text": "one\n\ndata: two\r\n"}
    assert rest == ["", ""]


def test_other_scripts_stay_readable():
    assert "Größe".encode() in event("sentence", {"text": "Größe"})


def test_a_comment_is_skipped_by_clients():
    assert comment("still here") == b": still here\n\n"


def test_proxies_are_told_not_to_hold_events_back():
    assert HEADERS == {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
