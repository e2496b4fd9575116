import pytest

from services.retrieval import fusion

DENSE = [("a", 0.9), ("b", 0.7), ("c", 0.5)]
LEXICAL = [("b", 12.0), ("d", 8.0), ("a", 4.0)]


def test_scores_are_brought_to_one_scale_and_weighted():
    assert fusion.fuse(DENSE, LEXICAL, 0.5) == [
        ("b", pytest.approx(0.5 * 7 / 9 + 0.5)),
        ("a", pytest.approx(0.5 + 0.5 / 3)),
        ("d", pytest.approx(0.5 * 2 / 3)),
        ("c", pytest.approx(0.5 * 5 / 9)),
    ]


def test_what_points_away_counts_as_nothing():
    assert fusion.fuse({"a": -0.2}, {"b": 1.0}, 0.5) == [("b", 0.5), ("a", 0.0)]
    assert fusion.fuse({"a": -0.2}, {}) == [("a", 0.0)]


def test_a_document_with_two_fitting_chunks_gains():
    ranked = [("a1", 1.0), ("b1", 0.9), ("b2", 0.8), ("b3", 0.1)]
    document_of = {"a1": "a", "b1": "b", "b2": "b", "b3": "b"}
    assert fusion.with_support(ranked, document_of, 0.5) == [
        ("b1", pytest.approx(1.3)),
        ("b2", pytest.approx(1.25)),
        ("a1", 1.0),
        ("b3", pytest.approx(0.55)),
    ]


def test_one_side_alone_keeps_its_order():
    assert [name for name, _ in fusion.fuse(DENSE, [])] == ["a", "b", "c"]
    assert [name for name, _ in fusion.fuse([], LEXICAL)] == ["b", "d", "a"]


def test_no_hits_give_no_ranking():
    assert fusion.fuse([], []) == []
    assert fusion.fuse_by_rank([], []) == []


def test_a_lone_hit_counts_whole():
    assert fusion.fuse([("a", 0.1)], [], 0.4) == [("a", 0.4)]


def test_equal_scores_are_ordered_the_same_each_time():
    assert fusion.fuse([("b", 1.0), ("a", 1.0)], []) == fusion.fuse([("a", 1.0), ("b", 1.0)], [])


def test_by_rank_prefers_what_both_found():
    assert [name for name, _ in fusion.fuse_by_rank(DENSE, LEXICAL)] == ["b", "a", "d", "c"]
