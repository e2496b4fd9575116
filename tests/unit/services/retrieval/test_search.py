import pytest

from services import errors
from services.database.session import now
from services.database.tables.library import CollectionGrant, Document
from services.documents.scopes import intern_scope
from services.retrieval import dense
from services.retrieval.search import find_passages

CANARY = "The canary code of the vault is KX-4711"


def texts(found):
    return [passage.text for passage in found.passages]


def ask(library, question, *groups, **options):
    return find_passages(library.caller(*groups), question, library.resources, **options)


@pytest.fixture
def company(library):
    open_to_all, hr = library.collection("handbook", "everyone"), library.collection("people", "hr")
    library.add(open_to_all, "Travel.pdf", ["Train tickets are refunded.", "Hotels cost at most 120 euro."])
    library.add(open_to_all, "Vault.md", [CANARY], narrowed_to=["hr"])
    library.add(hr, "Salaries.xlsx", ["The canary salary of the director is 90,000 euro."])
    return library


def test_the_passage_that_answers_comes_first(company):
    found = ask(company, "What may a hotel cost?", "everyone")
    assert texts(found)[0] == "Hotels cost at most 120 euro."
    assert found.degraded == ()


def test_a_passage_knows_its_place(company):
    passage = ask(company, "What may a hotel cost?", "everyone").passages[0]
    assert (passage.document_name, passage.first_page, passage.start) == ("Travel.pdf", 2, 29)
    assert passage.page_at(0) == 2
    assert passage.version_number == 1


def test_evidence_names_both_searches(company):
    found = ask(company, "What may a hotel cost?", "everyone")
    evidence = found.evidence[found.passages[0].chunk_id]
    assert evidence.similarity > 0
    assert evidence.lexical_score > 0
    assert set(found.timings) == {"reach", "embed", "search", "check", "rank"}


@pytest.mark.parametrize(
    ("groups", "canaries"),
    [((), 0), (("everyone",), 0), (("hr",), 1), (("everyone", "hr"), 2), (("finance",), 0)],
)
def test_only_who_may_read_finds_the_canary(company, groups, canaries):
    found = ask(company, "canary code vault salary director", *groups)
    assert sum("canary" in text for text in texts(found)) == canaries


@pytest.mark.parametrize("exact_chunks", [0, 100])
def test_narrow_and_broad_callers_find_the_same(company, exact_chunks, monkeypatch):
    monkeypatch.setattr(dense, "EXACT_CHUNKS", exact_chunks)
    found = ask(company, "canary code", "everyone", "hr")
    assert texts(found)[0] == CANARY
    assert len(found.passages) == 4


def test_no_group_finds_nothing_and_asks_nobody(company):
    company.resources.chunk_index.is_down = True
    assert ask(company, "canary").passages == ()


def test_a_revoked_grant_acts_on_the_next_question(company):
    with company.resources.transactions.write() as session:
        session.query(CollectionGrant).filter_by(group_id=company.group("hr")).delete()
    assert not any("salary" in text for text in texts(ask(company, "canary salary", "everyone", "hr")))


def test_a_narrowed_document_is_gone_at_once(company):
    chunk_id = ask(company, "hotel", "everyone").passages[0].chunk_id
    document_id = company.document_of(chunk_id)
    with company.resources.transactions.write() as session:
        document = session.get_one(Document, document_id)
        document.scope = intern_scope(session, document.collection_id, [company.group("hr")])
    assert not any("Hotels" in text for text in texts(ask(company, "hotel", "everyone")))


def test_a_deleted_document_is_gone_at_once(company):
    document_id = company.document_of(ask(company, "hotel", "everyone").passages[0].chunk_id)
    with company.resources.transactions.write() as session:
        session.get_one(Document, document_id).deleted_at = now()
    assert ask(company, "hotel train", "everyone").passages == ()


def test_an_old_version_is_never_found(company):
    with company.resources.transactions.read() as session:
        collection = session.query(Document).filter_by(name="Travel.pdf").one().collection_id
    company.add(collection, "Travel.pdf", ["Hotels cost at most 150 euro."])
    found = ask(company, "What may a hotel cost?", "everyone")
    assert texts(found) == ["Hotels cost at most 150 euro."]
    assert found.passages[0].version_number == 2


def test_ids_that_sql_does_not_know_are_dropped(company):
    index = company.resources.chunk_index
    vectors = company.resources.embedder.embed(["hotel"] * 500)
    index.upsert([f"stray-{number}" for number in range(500)], vectors, 1)
    assert texts(ask(company, "hotel", "everyone"))[0] == "Hotels cost at most 120 euro."


def test_a_named_collection_keeps_to_itself(company):
    found = ask(company, "canary euro", "everyone", "hr", collections=["people"])
    assert texts(found) == ["The canary salary of the director is 90,000 euro."]


@pytest.mark.parametrize("name", ["people", "nowhere"])
def test_a_collection_one_may_not_know_of_is_not_found(company, name):
    with pytest.raises(errors.NotFound):
        ask(company, "canary", "everyone", collections=[name])


@pytest.fixture
def without_file(company, monkeypatch):
    def fails(*_given, **_named):
        raise errors.IndexUnavailable

    monkeypatch.setattr(company.resources.vectors, "position", fails)
    return company


def test_without_vectors_words_still_answer(without_file):
    without_file.resources.chunk_index.is_down = True
    found = ask(without_file, "What may a hotel cost?", "everyone")
    assert texts(found) == ["Hotels cost at most 120 euro."]
    assert found.degraded == ("dense",)


def test_while_the_vector_file_is_made_chroma_answers(without_file):
    found = ask(without_file, "What may a hotel cost?", "everyone")
    assert texts(found)[0] == "Hotels cost at most 120 euro."
    assert len(found.passages) == 2
    assert found.degraded == ()


def test_without_chroma_the_vector_file_answers(company):
    company.resources.chunk_index.is_down = True
    found = ask(company, "What may a hotel cost?", "everyone")
    assert found.evidence[found.passages[-1].chunk_id].similarity is not None
    assert len(found.passages) == 2
    assert found.degraded == ()


def test_lost_vectors_are_said(without_file):
    without_file.resources.chunk_index.rows.clear()
    assert ask(without_file, "hotel", "everyone").degraded == ("dense",)


class BrokenLexical:
    def position(self):
        raise errors.IndexUnavailable

    def close(self):
        """Nothing is held."""


def test_without_the_lexical_index_vectors_still_answer(company):
    broken = company.replaced(lexical=BrokenLexical())
    found = ask(broken, "What may hotels cost?", "everyone")
    assert texts(found)[0] == "Hotels cost at most 120 euro."
    assert found.degraded == ("lexical",)


def test_without_any_index_there_is_no_answer(without_file):
    company = without_file
    broken = company.replaced(lexical=BrokenLexical())
    broken.resources.chunk_index.is_down = True
    with pytest.raises(errors.IndexUnavailable):
        ask(broken, "hotel", "everyone")


def test_without_sql_there_is_no_answer(company):
    caller = company.caller("everyone")
    with company.resources.transactions.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE collection_grants RENAME TO lost")
    try:
        with pytest.raises(errors.DatabaseUnavailable):
            find_passages(caller, "hotel", company.resources)
    finally:
        with company.resources.transactions.write() as session:
            session.connection().exec_driver_sql("ALTER TABLE lost RENAME TO collection_grants")


def test_many_unreadable_neighbours_leave_no_short_page(library):
    mine, theirs = library.collection("mine", "everyone"), library.collection("theirs", "hr")
    library.add(theirs, "many", [f"hotel secret {number}" for number in range(700)])
    for number in range(12):
        library.add(mine, f"doc {number}", [f"A hotel in town {number} costs {number} euro."])
    assert len(ask(library, "hotel secret", "everyone", limit=10).passages) == 10


@pytest.mark.parametrize("question", ["", "   ", "\x00", "?!"])
def test_an_empty_question_is_no_error(company, question):
    assert isinstance(ask(company, question, "everyone").passages, tuple)


def test_a_lone_surrogate_is_no_error(company):
    assert ask(company, "hotel \ud800", "everyone").passages


def test_repeated_passages_come_once(library):
    collection = library.collection("handbook", "everyone")
    for name in ("one", "two"):
        library.add(collection, name, ["Hotels cost at most 120 euro."])
    assert len(ask(library, "hotel", "everyone").passages) == 1
