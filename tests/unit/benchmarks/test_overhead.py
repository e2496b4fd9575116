import pytest

from services.evaluation.wire import Event, Exchange
from tests.benchmarks import overhead
from tests.benchmarks.overhead import Pair, Spoken


def pair(through: Spoken, straight: Spoken, search_ms: float = 20.0) -> Pair:
    return Pair("q", through, straight, search_ms, strict_first_s=1.0, strict_total_s=2.0)


def test_what_the_gateway_adds_leaves_retrieval_out():
    added = pair(Spoken(0.330, 1.0, 40, "a"), Spoken(0.300, 1.0, 40, "a")).added_ms
    assert added == pytest.approx(10.0)


def test_the_speed_ratio_counts_tokens_after_the_first():
    ratio = pair(Spoken(1.0, 3.0, 41, "a"), Spoken(1.0, 2.0, 41, "a")).speed_ratio
    assert ratio == pytest.approx(0.5)


def test_short_answers_have_no_speed():
    assert pair(Spoken(1.0, 1.1, 4, "a"), Spoken(1.0, 1.1, 4, "a")).speed_ratio is None


def test_the_first_token_is_the_first_text_not_the_role():
    chunks = [{"role": "assistant", "content": ""}, {"content": "Up"}, {"content": " to"}]
    events = [Event("message", {"choices": [{"delta": delta}]}, at) for at, delta in enumerate(chunks)]
    spoken = overhead.straight_spoken(
        [*events, Event("message", {"choices": [], "usage": {"completion_tokens": 2}}, 9.0)]
    )
    assert spoken == Spoken(1, 2, 2, "Up to")


def test_the_gateway_speaks_in_token_events():
    events = (
        Event("question", {}, 0.1),
        Event("token", {"text": "Up"}, 0.5),
        Event("token", {"text": " to"}, 0.7),
        Event("answer", {"usage": {"completion_tokens": 2}}, 0.9),
    )
    assert overhead.gateway_spoken(Exchange(200, b"", 1.0, events)) == Spoken(0.5, 0.7, 2, "Up to")


def test_figures_are_medians_with_their_targets():
    pairs = [pair(Spoken(0.33, 1.33, 40, "a"), Spoken(0.30, 1.30, 40, "a"))] * 3
    rows = {row.name: row for row in overhead.figures(pairs)}
    assert (rows["ttft_added_ms"].value, rows["ttft_added_ms"].meets_target) == (10.0, True)
    assert (rows["tokens_per_s_ratio"].value, rows["tokens_per_s_ratio"].meets_target) == (1.0, True)
    assert rows["same_text_pairs"].value == 3


def test_nothing_measured_is_no_figure():
    rows = {row.name: row for row in overhead.figures([])}
    assert rows["ttft_added_ms"].meets_target is None
