import pytest

from services import errors
from services.database.session import now
from services.database.tables.library import Document
from services.retrieval.neighbours import join_neighbours, passage_in_context
from services.retrieval.search import find_passages

TEXTS = ["Zebra one.", "Lion two.", "Tiger three.", "Apple four.", "Pear five."]
HEADINGS = [("Animals",)] * 3 + [("Fruit",)] * 2


@pytest.fixture
def zoo(library):
    library.add(library.collection("zoo", "everyone"), "zoo.md", TEXTS, headings=HEADINGS)
    return library


def words(text):
    return len(text.split())


def joined(library, question, max_tokens, limit=1):
    caller = library.caller("everyone")
    passages = find_passages(caller, question, library.resources, limit=limit).passages
    return join_neighbours(caller, passages, library.resources, max_tokens=max_tokens, count_tokens=words)


def test_a_passage_grows_to_its_section(zoo):
    (passage,) = joined(zoo, "lion two", 100)
    assert passage.text == "Zebra one.\n\nLion two.\n\nTiger three."
    assert (passage.first_page, passage.last_page) == (1, 3)
    assert [passage.page_at(passage.text.index(word)) for word in ("Zebra", "Lion", "Tiger")] == [1, 2, 3]


def test_offsets_stay_exact(zoo):
    stored = "\n\n".join(TEXTS)
    for passage in joined(zoo, "tiger pear", 100, limit=5):
        assert stored[passage.start : passage.end] == passage.text


def test_the_budget_ends_the_growth(zoo):
    assert joined(zoo, "lion two", 4)[0].text == "Lion two.\n\nTiger three."
    assert joined(zoo, "lion two", 2)[0].text == "Lion two."
    assert joined(zoo, "lion two", 1) == []


def test_every_passage_has_its_place_before_one_grows(zoo):
    grown = joined(zoo, "lion pear", 4, limit=2)
    assert sorted(passage.text for passage in grown) == ["Lion two.", "Pear five."]


def test_what_was_grown_over_comes_once(zoo):
    assert len(joined(zoo, "zebra lion tiger apple pear", 100, limit=5)) == 2


def test_a_passage_deleted_meanwhile_is_dropped(zoo):
    caller = zoo.caller("everyone")
    passages = find_passages(caller, "lion", zoo.resources).passages
    with zoo.resources.transactions.write() as session:
        session.query(Document).one().deleted_at = now()
    assert join_neighbours(caller, passages, zoo.resources, max_tokens=99, count_tokens=words) == []


def test_a_passage_comes_with_the_text_around_it(zoo):
    caller = zoo.caller("everyone")
    passage = find_passages(caller, "lion two", zoo.resources).passages[0]
    found = passage_in_context(caller, passage.chunk_id, zoo.resources)
    assert found.before + found.passage.text + found.after == "\n\n".join(TEXTS)


@pytest.mark.parametrize("chunk_id", ["0" * 64, "", "\x00", "../x"])
def test_an_unknown_passage_is_not_found(zoo, chunk_id):
    with pytest.raises(errors.NotFound):
        passage_in_context(zoo.caller("everyone"), chunk_id, zoo.resources)


def test_a_passage_of_others_is_not_found(zoo):
    passage = find_passages(zoo.caller("everyone"), "lion two", zoo.resources).passages[0]
    with pytest.raises(errors.NotFound):
        passage_in_context(zoo.caller("hr"), passage.chunk_id, zoo.resources)
