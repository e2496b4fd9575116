"""The tree of errors: every one has a status and a code of its own, and says nothing it should not."""

import re

import pytest

from services import errors
from services.errors import HoldfastError


def subclasses(error):
    for below in error.__subclasses__():
        if below.__module__ == errors.__name__:
            yield below
            yield from subclasses(below)


EVERY = [HoldfastError, *subclasses(HoldfastError)]


def test_every_code_belongs_to_one_error():
    codes = [error.code for error in EVERY]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("error", EVERY, ids=lambda error: error.__name__)
def test_an_error_is_drawn_in_the_tree_with_its_status_and_code(error):
    assert re.search(rf"{error.__name__} +{error.status} {error.code}\b", errors.__doc__)


@pytest.mark.parametrize("error", EVERY, ids=lambda error: error.__name__)
def test_an_error_is_a_problem_of_rfc_9457(error):
    problem = error("What to do").as_problem()
    assert problem == {
        "type": f"urn:holdfast:error:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": "What to do",
        "code": error.code,
    }


def test_an_error_without_detail_says_its_title():
    assert errors.QueueUnavailable().as_problem()["detail"] == errors.QueueUnavailable.title


def test_a_part_that_is_down_is_unavailable():
    for error in (errors.EngineUnavailable, errors.IndexUnavailable, errors.StorageFull):
        assert issubclass(error, errors.Unavailable)


def test_retry_after_is_kept():
    assert errors.TooManyRequests(retry_after=7).retry_after == 7
