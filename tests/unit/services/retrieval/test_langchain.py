import pytest
from pydantic import ValidationError

from services.retrieval.langchain import PassageRetriever


def test_documents_carry_their_place(library):
    library.add(library.collection("handbook", "everyone"), "a.md", ["Hotels cost 120 euro."])
    retriever = PassageRetriever(caller=library.caller("everyone"), resources=library.resources)
    (document,) = retriever.invoke("What do hotels cost?")
    assert document.page_content == "Hotels cost 120 euro."
    assert (document.metadata["document_name"], document.metadata["page"]) == ("a.md", 1)


def test_it_finds_what_its_caller_may_read(library):
    library.add(library.collection("handbook", "hr"), "a.md", ["Hotels cost 120 euro."])
    retriever = PassageRetriever(caller=library.caller("everyone"), resources=library.resources)
    assert retriever.invoke("What do hotels cost?") == []


@pytest.mark.parametrize("caller", [None, {"person_id": "p", "group_ids": ["everyone"]}, "ada"])
def test_there_is_none_without_a_caller(library, caller):
    with pytest.raises(ValidationError):
        PassageRetriever(caller=caller, resources=library.resources)
    with pytest.raises(ValidationError):
        PassageRetriever(resources=library.resources)
