import random

import pytest

from services import errors
from services.documents import diffs


def rebuilt(before, after):
    """Both texts, put together again from their differences."""
    found = diffs.differences(before, after)
    old = "".join(before[one.from_start : one.from_end] for one in found)
    new = "".join(after[one.to_start : one.to_end] for one in found)
    return old, new


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("a\n", ""),
        ("", "a\n"),
        ("a\nb\n", "b\n"),
        ("a\n", "a\na\n"),
        ("ä\r\nö", "ä\r\nü"),
        ("a", "b"),
    ],
)
def test_the_stretches_cover_both_texts(before, after):
    assert rebuilt(before, after) == (before, after)


def test_random_texts_are_covered_too():
    draw = random.Random(7)  # noqa: S311
    for _ in range(50):
        before, after = ("".join(draw.choice("ab\n") for _ in range(draw.randrange(60))) for _ in range(2))
        assert rebuilt(before, after) == (before, after)


def test_a_line_that_was_put_in_is_the_only_change():
    kinds = [(one.kind, one.to_text) for one in diffs.differences("a\nc\n", "a\nb\nc\n")]
    assert kinds == [("equal", ""), ("added", "b\n"), ("equal", "")]


def test_a_large_text_with_a_small_change_is_compared():
    lines = [f"line {number}\n" for number in range(100_000)]
    after = [*lines[:50_000], "new\n", *lines[50_000:]]
    changed = [one for one in diffs.differences("".join(lines), "".join(after)) if one.kind != "equal"]
    assert [one.to_text for one in changed] == ["new\n"]


def test_two_texts_that_have_too_little_in_common_are_refused():
    before = "".join(f"old {number}\n" for number in range(diffs.MOST_LINES + 2))
    after = "".join(f"new {number}\n" for number in range(diffs.MOST_LINES + 2))
    with pytest.raises(errors.TooLarge):
        diffs.differences(before, after)
