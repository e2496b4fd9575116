import pytest

from services import errors
from services.retrieval.neighbours import passage_in_context
from services.retrieval.search import find_passages

TEXTS = ["Zebra one.", "Lion two.", "Tiger three.", "Apple four.", "Pear five."]
HEADINGS = [("Animals",)] * 3 + [("Fruit",)] * 2


@pytest.fixture
def zoo(library):
    library.add(library.collection("zoo", "everyone"), "zoo.md", TEXTS, headings=HEADINGS)
    return library


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
