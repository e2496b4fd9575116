"""The model's stream out of its bytes, wherever they are cut."""

import json

import pytest

from services import errors
from services.adapters.vllm_stream import ChunkReader

ONE = {"choices": [{"delta": {"content": "Grüße "}}]}
TWO = {"choices": [{"delta": {"content": "zurück"}, "finish_reason": "stop"}]}
WHOLE = b"".join(f"data: {json.dumps(one, ensure_ascii=False)}\n\n".encode() for one in (ONE, TWO))
WIRE = b": here\n\n" + WHOLE + b"data: [DONE]\n\n"


@pytest.mark.parametrize("size", [1, 2, 7, 64, len(WIRE)])
def test_chunks_are_the_same_wherever_the_bytes_are_cut(size):
    reader, found = ChunkReader(), []
    for start in range(0, len(WIRE), size):
        found += reader.feed(WIRE[start : start + size])
    assert found == [ONE, TWO]
    assert reader.is_done


def test_lines_may_end_as_windows_ends_them_and_lack_the_space():
    reader = ChunkReader()
    assert reader.feed(b'data:{"choices": []}\r\n\r\ndata: [DONE]\r\n\r\n') == [{"choices": []}]
    assert reader.is_done


def test_what_follows_the_end_is_not_read():
    assert ChunkReader().feed(b"data: [DONE]\n\ndata: {}\n\n") == []


def test_it_is_not_done_before_it_says_so():
    reader = ChunkReader()
    reader.feed(WHOLE)
    assert not reader.is_done


@pytest.mark.parametrize("line", [b'{"error": {"message": "out of memory"}}', b"nonsense", b"[1]", b"\xff"])
def test_what_is_no_chunk_is_an_engine_that_broke_off(line):
    with pytest.raises(errors.EngineUnavailable) as broken:
        ChunkReader().feed(b"data: " + line + b"\n\n")
    assert "broke off" in str(broken.value)
