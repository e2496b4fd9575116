import pytest

from services.retrieval import fusion

DENSE = [("a", 0.9), ("b", 0.7), ("c", 0.5)]
LEXICAL = [("b", 12.0), ("d", 8.0), ("a", 4.0)]


def test_scores_are_brought_to_one_scale_and_weighted():
    assert fusion.fuse(DENSE, LEXICAL, 0.5) == [
        ("b", pytest.approx(0.75)),
        ("a", pytest.approx(0.5)),
        ("d", pytest.approx(0.25)),
        ("c", pytest.approx(0.0)),
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
