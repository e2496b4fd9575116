from dataclasses import replace
from pathlib import Path

import pytest

from services import errors
from services.engine import orders
from services.engine.orders import Order, Recipe

RECIPE = Recipe("gptq", 4, 64, True, 8, 64, 7)


def test_texts_are_split_the_same_way_in_any_order_and_none_is_on_both_sides() -> None:
    texts = tuple(f"text {number}" for number in range(20))
    calibrated, held_out = Order("m", RECIPE, texts).split()
    assert Order("m", RECIPE, texts[::-1] + texts).split() == (calibrated, held_out)
    assert not set(calibrated) & set(held_out)
    assert (len(calibrated), len(held_out)) == (15, 5)


def test_too_few_texts_are_refused() -> None:
    with pytest.raises(errors.InvalidRequest, match="needs 4 texts"):
        Order("m", RECIPE, ("one", "one", "two")).split()


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "magic"},
        {"bits": 3},
        {"activation_bits": 4},
        {"activation_bits": 8},
        {"bits": 8, "activation_bits": 8},
        {"bits": 8, "activation_bits": 8, "group_size": -1, "symmetric": False},
        {"method": "awq", "smoothing": 0.5},
        {"kept_bits": 12},
    ],
)
def test_what_no_engine_would_serve_is_refused(wrong: dict) -> None:
    with pytest.raises(errors.InvalidRequest):
        replace(RECIPE, **wrong).require_sound()


@pytest.mark.parametrize("right", [{}, {"bits": 8, "activation_bits": 8, "group_size": -1, "smoothing": 0.5}])
def test_what_engines_serve_is_taken(right: dict) -> None:
    replace(RECIPE, **right).require_sound()


def test_texts_are_rows_or_paragraphs(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"text": "one"}\n\n{"text": "two"}\n')
    (tmp_path / "plain.txt").write_text("one\n\n two \n\n\n\n")
    assert orders.read_texts(tmp_path / "rows.jsonl") == ("one", "two")
    assert orders.read_texts(tmp_path / "plain.txt") == ("one", "two")


@pytest.mark.parametrize("content", ["not json", '{"other": 1}', "[1]"])
def test_rows_that_cannot_be_read_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "rows.jsonl").write_text(content)
    with pytest.raises(errors.InvalidRequest):
        orders.read_texts(tmp_path / "rows.jsonl")
