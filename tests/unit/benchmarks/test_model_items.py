"""The short tasks: each can be answered, and the rules tell right answers from wrong ones."""

import pytest

from tests.benchmarks import model_items
from tests.benchmarks.model_items import KINDS, Item


def test_there_are_a_dozen_of_each_kind():
    items = model_items.read()
    assert {kind: sum(one.kind == kind for one in items) for kind in KINDS} == dict.fromkeys(KINDS, 12)
    assert len({one.ask for one in items}) == len(items)


@pytest.mark.parametrize("item", [one for one in model_items.read() if one.options], ids=lambda one: one.ask)
def test_exactly_one_option_is_right(item):
    assert [one for one in item.options if item.is_right(one)] == [item.answer]


@pytest.mark.parametrize(
    "item", [one for one in model_items.read() if not one.options], ids=lambda one: one.ask
)
def test_neither_silence_nor_the_task_itself_repeated_without_end_is_right(item):
    assert not item.is_right("")
    assert not item.is_right(f"{item.ask} " * 20)


def test_free_text_must_hold_what_is_asked_and_nothing_forbidden():
    item = Item("writing", "?", all=("waves",), any=("sea", "ocean"), none=("desert",), most_words=5)
    assert item.is_right("Waves of the sea.")
    assert not item.is_right("Waves.")
    assert not item.is_right("The sea.")
    assert not item.is_right("Waves, sea, desert.")
    assert not item.is_right("The waves of the wide sea.")


def test_kept_is_a_share_of_what_the_original_had_right():
    items = [Item("entities", str(number), all=("yes",)) for number in range(4)]
    before, after = ["yes", "yes", "yes", "no"], ["yes", "no", "yes", "yes"]
    found = model_items.kept(items, before, after)
    assert found.value == 1.0
    assert found.low < 1.0 < found.high
    assert model_items.kept(items, ["no"] * 4, after) is None


def test_right_answers_are_counted_by_kind():
    items = [Item("entities", "a", all=("x",)), Item("writing", "b", all=("x",))]
    assert model_items.right(items, ["x", "y"]) == {
        "writing": (0, 1), "reasoning": (0, 0), "language": (0, 0), "entities": (1, 1),
    }  # fmt: skip
    assert model_items.agreement(["x", "y"], ["x", "z"]) == 0.5
