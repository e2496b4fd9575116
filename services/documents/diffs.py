"""What changed between two texts, line by line, with offsets into both."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

from services import errors
from services.documents.schemas import Difference

MOST_LINES = 20_000
"""Lines of either text that differ in between; the time to compare them grows faster than their number."""
KINDS = {"equal": "equal", "replace": "replaced", "delete": "removed", "insert": "added"}


def differences(before: str, after: str) -> list[Difference]:
    """The stretches of both texts in order; errors.TooLarge where too much of them differs."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    head, tail = _shared(old, new)
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    if max(len(middle_old), len(middle_new)) > MOST_LINES:
        raise errors.TooLarge(f"The versions differ in more than {MOST_LINES} lines; compare their texts")
    old_at, new_at = _offsets(old), _offsets(new)
    return [
        Difference(
            kind=KINDS[tag],
            from_start=old_at[i1],
            from_end=old_at[i2],
            to_start=new_at[j1],
            to_end=new_at[j2],
            from_text="" if tag == "equal" else before[old_at[i1] : old_at[i2]],
            to_text="" if tag == "equal" else after[new_at[j1] : new_at[j2]],
        )
        for tag, i1, i2, j1, j2 in _opcodes(head, tail, middle_old, middle_new)
    ]


def _shared(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many lines are the same at the beginning and at the end."""
    shortest = min(len(old), len(new))
    head = next((i for i in range(shortest) if old[i] != new[i]), shortest)
    left = shortest - head
    tail = next((i for i in range(left) if old[-1 - i] != new[-1 - i]), left)
    return head, tail


def _opcodes(
    head: int, tail: int, old: Sequence[str], new: Sequence[str]
) -> Iterator[tuple[str, int, int, int, int]]:
    if head:
        yield "equal", 0, head, 0, head
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=True).get_opcodes():
        yield tag, head + i1, head + i2, head + j1, head + j2
    if tail:
        i, j = head + len(old), head + len(new)
        yield "equal", i, i + tail, j, j + tail


def _offsets(lines: Sequence[str]) -> list[int]:
    """Where each line begins, and where the last one ends."""
    return [0, *accumulate(len(line) for line in lines)]
