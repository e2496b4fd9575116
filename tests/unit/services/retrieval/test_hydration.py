import pytest

from services.retrieval.hydration import page_starts

SPANS = [[1, 0, 100], [2, 102, 200], [3, 202, 300]]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (10, 50, ((0, 1),)),
        (90, 150, ((0, 1), (12, 2))),
        (50, 250, ((0, 1), (52, 2), (152, 3))),
        (100, 102, ()),
    ],
)
def test_pages_begin_at_their_offset(start, end, expected):
    assert page_starts(SPANS, start, end) == expected


def test_no_pages_give_no_starts():
    assert page_starts([], 0, 10) == ()
