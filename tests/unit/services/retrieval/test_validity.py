from datetime import date, timedelta

import pytest

from services.database.session import now
from services.database.tables.library import Document
from services.retrieval.filters import Filters
from services.retrieval.search import find_passages

TODAY = now().date()
YESTERDAY, TOMORROW = TODAY - timedelta(1), TODAY + timedelta(1)
OLD = "A hotel may cost 100 euro a night."
NEW = "A hotel in any town may cost 120 euro a night, with its breakfast."


@pytest.fixture
def editions(library):
    """Two editions of one policy; the text of the old one is nearer to the question."""
    handbook = library.collection("handbook", "everyone")
    library.add(handbook, "Policy 2022.pdf", [OLD])
    library.add(handbook, "Policy 2023.pdf", [NEW])
    return library


def set_days(library, name, begins=None, ends=None):
    with library.resources.transactions.write() as session:
        document = session.query(Document).filter_by(name=name).one()
        document.valid_from, document.valid_until = begins, ends


def found(library, day=None):
    filters = Filters(valid_on=day) if day else None
    caller = library.caller("everyone")
    return find_passages(
        caller, "What may a hotel cost a night?", library.resources, filters=filters
    ).passages


def test_what_is_not_in_force_comes_later_and_says_so(editions):
    assert [passage.text for passage in found(editions)] == [OLD, NEW]
    set_days(editions, "Policy 2022.pdf", ends=YESTERDAY)
    first, second = found(editions)
    assert (first.text, second.text, second.valid_until) == (NEW, OLD, YESTERDAY)
    set_days(editions, "Policy 2022.pdf", begins=TOMORROW)
    assert found(editions)[0].text == NEW


def test_the_first_and_the_last_day_belong_to_it(editions):
    set_days(editions, "Policy 2022.pdf", TODAY, TODAY)
    assert found(editions)[0].text == OLD


@pytest.mark.parametrize(("day", "texts"), [(YESTERDAY, {OLD}), (TODAY, {OLD, NEW}), (TOMORROW, {NEW})])
def test_a_search_may_keep_to_what_was_in_force_on_a_day(editions, day, texts):
    set_days(editions, "Policy 2022.pdf", date(2022, 1, 1), TODAY)
    set_days(editions, "Policy 2023.pdf", TODAY)
    assert {passage.text for passage in found(editions, day)} == texts


def test_what_was_in_force_on_that_day_is_not_put_back(editions):
    set_days(editions, "Policy 2022.pdf", ends=YESTERDAY)
    assert found(editions, YESTERDAY)[0].text == OLD
