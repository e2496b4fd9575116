import pytest

from ingestion.parsing.recognised import read_table


def row(text: str, *, block: int = 1, paragraph: int = 1, line: int = 1, sure: float = 95) -> str:
    return f"5\t1\t{block}\t{paragraph}\t{line}\t1\t0\t0\t9\t9\t{sure}\t{text}"


def test_words_are_put_together_to_paragraphs() -> None:
    said = [row("Annual"), row("leave"), row("is", line=2), row("Sick", paragraph=2), row("pay", block=2)]

    assert read_table("\n".join(said)).text == "Annual leave\nis\n\nSick\n\npay"


def test_word_that_a_line_breaks_is_made_whole() -> None:
    assert read_table(
        "\n".join([row("em-"), row("ployee", line=2), row("A-", line=3), row("B", line=4)])
    ).text == ("employee\nA-\nB")


def test_confidence_weighs_letters_not_words() -> None:
    found = read_table("\n".join([row("handbook", sure=90), row("|", sure=0)]))

    assert found.confidence == pytest.approx(80)
    assert (found.is_legible, found.is_sure) == (True, True)


@pytest.mark.parametrize(
    "said", ["", "level\tpage", row(" "), row("x", sure=0).replace("\t0\tx", "\tmany\tx")]
)
def test_what_is_no_word_is_no_text(said: str) -> None:
    assert not read_table(said).is_legible


def test_specks_are_not_legible() -> None:
    assert not read_table(row("~%", sure=20)).is_legible
