from services.passages import Passage
from services.retrieval.duplicates import drop_duplicates

TEXT = "Each employee has thirty days of holiday a year and books them in the portal before travelling."


def passages(*texts):
    return [Passage(str(n), "v", "d", "c", "name", text, 0, len(text), 1.0) for n, text in enumerate(texts)]


def kept(*texts):
    return [passage.chunk_id for passage in drop_duplicates(passages(*texts))]


def test_the_same_words_come_once_best_rank_first():
    assert kept(TEXT, "Something else.", TEXT.upper() + "  ") == ["0", "1"]


def test_texts_that_differ_in_a_number_are_both_kept():
    assert kept(f"In 2022: {TEXT}", f"In 2023: {TEXT}") == ["0", "1"]


def test_a_part_of_a_text_is_kept():
    assert kept(TEXT, TEXT[:50]) == ["0", "1"]


def test_short_and_empty_texts_are_compared_too():
    assert kept("Yes", "yes", "", "No") == ["0", "2", "3"]


def test_no_more_are_looked_at_than_are_wanted():
    assert [one.chunk_id for one in drop_duplicates(passages("a b", "c d", "e f"), at_most=2)] == ["0", "1"]
