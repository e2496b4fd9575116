from services.evaluation.wire import EventReader, Exchange, Sentence

STREAM = (
    b'event: question\ndata: {"id": "a1"}\n\n'
    b": still here\n\n"
    b'event: sentence\ndata: {"text": "\xc2\xa342 a day.", "status": "supported", "citations": []}\n\n'
    b'event: answer\ndata: {"kind": "generated"}\n\n'
)


def read(stream: bytes, piece: int) -> list:
    reader = EventReader()
    pieces = [stream[at : at + piece] for at in range(0, len(stream), piece)]
    return [event for number, part in enumerate(pieces) for event in reader.feed(part, float(number))]


def test_any_cutting_of_the_bytes_gives_the_same_events():
    whole = [(event.name, event.data) for event in read(STREAM, len(STREAM))]
    assert [name for name, _ in whole] == ["question", "sentence", "answer"]
    assert all([(event.name, event.data) for event in read(STREAM, size)] == whole for size in range(1, 40))


def test_an_event_has_the_moment_at_which_it_was_complete():
    reader = EventReader()
    assert list(reader.feed(STREAM[:20], 1.0)) == []
    assert [event.at_s for event in reader.feed(STREAM[20:45], 2.0)] == [2.0]


def test_a_stream_ends_with_done_without_an_event():
    events = read(b'data: {"choices": []}\n\ndata: [DONE]\n\n', 7)
    assert [(event.name, event.data) for event in events] == [("message", {"choices": []})]


def test_lines_may_end_in_carriage_returns():
    assert [event.name for event in read(STREAM.replace(b"\n", b"\r\n"), len(STREAM) * 2)] == [
        "question",
        "sentence",
        "answer",
    ]


def test_an_exchange_shows_its_sentences_and_its_answer():
    exchange = Exchange(200, STREAM, 3.0, tuple(read(STREAM, len(STREAM))))
    assert exchange.sentences == [Sentence("£42 a day.", "supported", ())]
    assert exchange.answer == {"kind": "generated"}
    assert exchange.first("failed") is None
