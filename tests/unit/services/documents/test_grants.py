"""Who has which role of a collection after a change."""

import pytest

from services.documents.grants import resolved

BEFORE = {"r": "read", "c": "contribute", "u": "curate"}


@pytest.mark.parametrize(
    ("wanted", "after"),
    [
        ({}, BEFORE),
        ({"read": []}, {"c": "contribute", "u": "curate"}),
        ({"read": ["r", "c", "u"]}, BEFORE),
        ({"contribute": ["r"]}, {"r": "contribute", "u": "curate"}),
        ({"read": ["r", "c"], "contribute": []}, {"r": "read", "c": "read", "u": "curate"}),
        ({"curate": ["r"]}, {"r": "curate", "c": "contribute"}),
        ({"contribute": ["c", "u"], "curate": []}, {"r": "read", "c": "contribute", "u": "contribute"}),
        ({"read": ["x"], "curate": ["x"]}, {"c": "contribute", "x": "curate"}),
    ],
)
def test_the_higher_role_stays_and_who_is_not_named_goes(wanted, after):
    assert resolved(BEFORE, {"read": None, "contribute": None, "curate": None} | wanted) == after
