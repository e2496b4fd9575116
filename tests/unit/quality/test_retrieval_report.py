import json
from types import SimpleNamespace

import numpy as np
import pytest

from tests.quality import retrieval_report
from tests.quality.measure_retrieval import ndcg


def test_ndcg_is_one_for_a_perfect_ranking_and_falls_with_the_rank():
    assert ndcg([("a", 2.0), ("b", 1.0)], {"a", "b"}) == pytest.approx(1.0)
    assert ndcg([("b", 2.0), ("a", 1.0)], {"a"}) == pytest.approx(1 / np.log2(3))
    assert ndcg([("b", 2.0)], {"a"}) == 0.0


def test_the_interval_of_a_steady_gain_is_narrow():
    assert retrieval_report.interval(np.full(50, 0.1)) == pytest.approx((0.1, 0.1))


def test_every_loss_is_written_worst_first(tmp_path):
    asked = [SimpleNamespace(text=text, right={"x"}) for text in ("same", "worse", "better", "worst")]
    measured = {"set": SimpleNamespace(questions=asked)}
    ours, yardstick = {"set": np.array([1.0, 0.5, 1.0, 0.0])}, {"set": np.array([1.0, 0.7, 0.2, 1.0])}
    retrieval_report.write_losses(tmp_path / "losses.jsonl", ours, yardstick, measured)
    rows = [json.loads(line) for line in (tmp_path / "losses.jsonl").read_text().splitlines()]
    assert [row["question"] for row in rows] == ["worst", "worse"]
    assert rows[0]["lost"] == 1.0
