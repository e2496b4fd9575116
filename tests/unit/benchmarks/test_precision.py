import numpy as np

from tests.benchmarks import precision
from tests.benchmarks.precision import Pair


def test_the_speed_up_is_that_of_the_middle_pair():
    pairs = [Pair(10, 2.0, 1.0), Pair(10, 3.0, 1.0), Pair(10, 8.0, 1.0)]
    found = {figure.name: figure for figure in precision.figures_of(pairs, {})}
    assert found["int8_speedup"].value == 3.0
    assert found["int8_speedup"].meets_target
    assert "int8_ndcg_change" not in found


def test_the_loss_is_that_of_the_set_that_loses_most():
    changes = {"one": np.array([0.0, -0.02]), "other": np.array([0.1, 0.1])}
    found = precision.figures_of([Pair(1, 2.0, 1.0)], changes)[-1]
    assert (found.name, found.value, found.meets_target) == ("int8_ndcg_change", -0.01, False)
    assert "2 questions" in found.detail
