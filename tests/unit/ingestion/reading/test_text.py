import pytest

from ingestion.reading.text import decode, paragraphs

SAMPLE = "Grüße aus Köln: 15 €"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_encodings_are_told_apart(encoding: str) -> None:
    assert decode(SAMPLE.encode(encoding)) == SAMPLE


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_text_without_a_mark_is_read(encoding: str) -> None:
    assert decode("plain words".encode(encoding)) == "plain words"


def test_declared_encoding_wins_over_the_guess() -> None:
    assert decode("привет".encode("koi8-r"), "koi8-r") == "привет"


def test_unknown_declared_encoding_is_ignored() -> None:
    assert decode("é".encode("cp1252"), "no-such-code") == "é"


def test_blank_lines_part_paragraphs() -> None:
    assert [(p.kind, p.text) for p in paragraphs("one\r\ntwo\r\n\r\nthree")] == [
        ("text", "one two"),
        ("text", "three"),
    ]


def test_marked_lines_are_a_list() -> None:
    found = paragraphs("Bring:\n- a pen\n  and ink\n- paper")

    assert [(p.kind, p.text) for p in found] == [("text", "Bring:"), ("list", "- a pen and ink\n- paper")]
