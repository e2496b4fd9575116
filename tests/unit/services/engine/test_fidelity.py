import math

import pytest

from services.engine import fidelity
from services.engine.fidelity import Windows

ORIGINAL = Windows((100.0, 220.0, 330.0), (50, 100, 150), (50, 100, 150))


def test_perplexity_is_by_token_and_agreement_by_place() -> None:
    assert ORIGINAL.perplexity == pytest.approx(math.exp(650 / 300))
    assert Windows((1.0,), (10,), (9,)).agreement == 0.9


def test_a_model_beside_itself_shows_no_rise() -> None:
    found = fidelity.rise(ORIGINAL, ORIGINAL)
    assert (found.value, found.low, found.high, found.is_shown) == (0, 0, 0, False)


def test_the_same_loss_in_every_window_is_shown() -> None:
    nll = tuple(one + 0.02 * count for one, count in zip(ORIGINAL.nll, ORIGINAL.tokens, strict=True))
    other = Windows(nll, ORIGINAL.tokens, ORIGINAL.same)
    found = fidelity.rise(ORIGINAL, other)
    assert found.value == pytest.approx(math.exp(0.02) - 1)
    assert found.is_shown


def test_a_loss_here_and_a_gain_there_is_not_shown() -> None:
    other = Windows((101.0, 215.0, 335.0), ORIGINAL.tokens, ORIGINAL.same)
    found = fidelity.rise(ORIGINAL, other)
    assert found.low < 0 < found.high
    assert not found.is_shown
    assert found == fidelity.rise(ORIGINAL, other)
