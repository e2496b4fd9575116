"""The three ways over a model that says what it is told, and a product whose answers are made by hand."""

import math

import pytest

from services.passages import Passage
from tests.quality import three_ways
from tests.quality.three_ways import Gold, Trial, Tried

LEAVE = "Full-time employees receive 28 days of paid annual leave a year."
QUESTION = "How many days of paid annual leave do full-time employees receive?"
SOURCE = Passage("c", "v", "d", "k", "handbook.pdf", LEAVE, 0, len(LEAVE), 1.0)


class Model:
    """Says one thing without documents and another with them."""

    def __init__(self, without: str, told: str) -> None:
        self.without, self.told = without, told

    def speak(self, messages, max_tokens):
        yield self.without if messages[0]["content"] == three_ways.WITHOUT else self.told


class Words:
    """As far apart as texts without vectors are."""

    def similarity(self):
        return lambda text, others: [0.9 for _ in others]

    def count_tokens(self, texts):
        return [len(text.split()) for text in texts]


def tried(without="It is 14 days.", told=LEAVE, found="right", **gold):
    trial = Trial(Model(without, told), Words())
    known = Gold(QUESTION, True, ("28 days",), passages=(SOURCE,))
    return trial.try_out(Gold(**{name: getattr(known, name) for name in known.__slots__} | gold), found, "")


def test_each_way_is_judged_by_the_same_rule():
    assert tried().came == {"none": "wrong", "found": "right", "gold": "right"}
    assert tried(without="I think 28 days.").came["none"] == "right"


@pytest.mark.parametrize("said", ["I do not know.", " "])
def test_who_says_to_know_nothing_refuses(said):
    assert tried(without=said).came["none"] == "refused"


def test_what_the_gold_does_not_bear_out_does_not_reach_the_reader():
    one = tried(told="Employees receive 40 days of leave.")
    assert "40" not in one.said["gold"]


def test_an_answer_where_there_is_none_is_wrong():
    assert tried(answerable=False, key_facts=()).came["none"] == "wrong"


def test_without_gold_passages_there_are_two_ways():
    assert tried(passages=()).came.keys() == {"none", "found"}


def test_a_gold_span_is_looked_for_in_each_sentence():
    assert tried(without="Well. It is 28 days.", key_facts=(), answers=("28 days",)).came["none"] == "right"


def compared(none, found, *, answerable=True):
    return Tried("q", answerable, {"none": none, "found": found}, {"none": "", "found": ""})


def test_the_gain_is_the_mean_of_the_sets():
    sets = {
        "golden": [compared("wrong", "right"), compared("right", "right")],
        "squad2": [compared("right", "wrong"), compared("wrong", "right"), compared("wrong", "right"),
                   compared("refused", "wrong"), compared("refused", "refused", answerable=False)],
    }  # fmt: skip
    row = three_ways.gain(sets)
    assert (row.name, row.value) == ("icl_gain_points", 37.5)
    assert "golden +50.0 of 2, squad2 +25.0 of 4" in row.detail
    shares = {one.name: one.value for one in three_ways.figures_of(sets)}
    assert (shares["icl_squad2_none_right"], shares["icl_squad2_none_refused"]) == (0.25, 0.4)
    assert math.isnan(shares["icl_squad2_gold_right"])


def test_nothing_answerable_is_no_gain():
    assert math.isnan(three_ways.gain({"golden": []}).value)
