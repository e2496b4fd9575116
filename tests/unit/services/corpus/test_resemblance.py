"""Copies are found, contradictions told apart from them, and what merely shares a subject is left alone."""

import random
from string import ascii_lowercase

import pytest

from services.corpus.resemblance import groups_of, near_pairs
from services.corpus.sketches import Sketcher, likeness

POLICY = (
    "Employees who have worked here for more than {years} years are entitled to {days} days of paid leave. "
    "Requests go to the head of the department by the end of {month}, who answers within ten working days. "
    "Unused leave of up to five days is carried over until March, and is lost if it is not taken by then. "
    "Leave during the closing of accounts needs the consent of finance, which may not refuse it twice."
)


def policy(years="two", days="30", month="October") -> str:
    return POLICY.format(years=years, days=days, month=month)


def sketched(**texts: str):
    sketcher = Sketcher()
    return {name: sketcher.sketch(text) for name, text in texts.items()}


def vocabulary(seed: int, words: int) -> str:
    """Words of six letters, of which none is likely to come twice."""
    numbers = random.Random(seed)  # noqa: S311
    return " ".join("".join(numbers.choices(ascii_lowercase, k=6)) for _ in range(words))


def test_a_copy_is_found_and_contradicts_nothing():
    (pair,) = near_pairs(sketched(first=policy(), second=policy() + " Ask us."))
    assert (pair.first, pair.second, pair.is_conflict) == ("first", "second", False)
    assert pair.likeness > 0.9


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ({"days": "28"}, ("30",), ("28",)),
        ({"years": "three"}, ("two",), ("three",)),
        ({"month": "November"}, ("october",), ("november",)),
        ({"days": "30.5"}, ("30",), ("30.5",)),
    ],
)
def test_the_same_text_with_another_number_or_date_is_a_contradiction(change, old, new):
    (pair,) = near_pairs(sketched(first=policy(), second=policy(**change)))
    assert pair.is_conflict
    assert (pair.only_first, pair.only_second) == (old, new)
    assert pair.likeness == 1.0


def test_one_number_written_in_two_ways_is_no_contradiction():
    (pair,) = near_pairs(sketched(first=policy(days="1,000"), second=policy(days="1000")))
    assert not pair.is_conflict


def test_texts_on_one_subject_are_not_alike():
    other = (
        "Paid leave is thirty days. Tell your head of department in October, who will answer soon. "
        "What you do not take is lost in March. Finance has to agree while accounts are being closed."
    )
    assert near_pairs(sketched(first=policy(), second=other)) == []


def test_a_few_words_are_compared_with_nothing():
    assert near_pairs(sketched(first="See the attachment.", second="See the attachment.")) == []


@pytest.mark.parametrize("shared", [0.5, 0.9, 0.97])
def test_likeness_is_what_counting_every_shingle_gives(shared):
    base = vocabulary(1, 3000).split()
    changed = base[: int(len(base) * shared)] + vocabulary(2, len(base)).split()[int(len(base) * shared) :]
    pair = sketched(first=" ".join(base), second=" ".join(changed))
    ours, theirs = ({tuple(words[at : at + 5]) for at in range(len(words) - 4)} for words in (base, changed))
    exact = len(ours & theirs) / len(ours | theirs)
    assert likeness(pair["first"], pair["second"]) == pytest.approx(exact, abs=0.08)


def test_pairs_are_found_among_many_and_large_groups_stay_cheap():
    texts = {f"other{number}": vocabulary(100 + number, 200) for number in range(200)}
    texts |= {f"copy{number}": policy() for number in range(150)}
    pairs = near_pairs(sketched(**texts))
    (group,) = groups_of(pairs)
    assert set(group) == {f"copy{number}" for number in range(150)}
    assert len(pairs) < 600


def test_a_text_in_parts_is_hashed_as_one():
    sketcher = Sketcher()
    long = vocabulary(7, 20_000)
    assert sketcher.sketch(long).shingles > 19_000
    assert likeness(sketcher.sketch(long), sketcher.sketch(long)) == 1.0
