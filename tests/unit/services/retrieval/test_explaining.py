import pytest

from services import errors
from services.database.tables.library import CollectionGrant
from services.retrieval import explaining
from tests.library_of_texts import add_person


@pytest.fixture
def shelf(library):
    """Two documents in a collection that `clerks` add to and `readers` read, one narrowed to clerks."""
    collection = library.collection("ledger", "readers")
    clerks = library.group("clerks")
    with library.resources.transactions.write() as session:
        session.add(CollectionGrant(collection_id=collection, group_id=clerks, access="curate"))
    library.travel = library.document_of(library.add(collection, "travel", ["Hotels cost 120 euro."])[0])
    secret = library.add(collection, "secret", ["The vault opens at nine."], narrowed_to=["clerks"])
    library.secret = library.document_of(secret[0])
    return library


def explain(library, document_id, caller=None, **options):
    caller = caller or library.caller("clerks")
    return explaining.explain(caller, "What may a hotel cost?", document_id, library.resources, **options)


def administrator(library, *groups):
    made = library.caller(*groups)
    return type(made)(**{name: getattr(made, name) for name in made.__slots__} | {"is_admin": True})


def test_a_document_that_was_found_is_said_to_be(shelf):
    found = explain(shelf, shelf.travel)
    assert found.left_out_by == ""
    (chunk,) = found.chunks
    assert (chunk.rank, chunk.dense_rank, chunk.lexical_rank, chunk.left_out_by) == (1, 1, 1, "")


def test_what_is_not_readable_is_the_reason_and_no_score_is_told(shelf):
    reader = add_person(shelf, "rea", "readers")
    found = explain(shelf, shelf.secret, administrator(shelf), person_id=reader)
    assert (found.left_out_by, found.chunks) == (explaining.NOT_READABLE, ())
    assert found.readable_scopes == 1


def test_the_limit_is_a_reason(shelf):
    found = explain(shelf, shelf.secret, limit=1)
    assert found.left_out_by == explaining.BEYOND_LIMIT
    assert found.chunks[0].rank == 2


def test_a_repetition_is_a_reason(shelf):
    collection = shelf.collection("copies", "clerks")
    with shelf.resources.transactions.write() as session:
        session.query(CollectionGrant).filter_by(collection_id=collection).one().access = "curate"
    copy = shelf.document_of(shelf.add(collection, "copy", ["Hotels cost 120 euro."])[0])
    rules = {explain(shelf, one).left_out_by for one in (copy, shelf.travel)}
    assert rules == {"", explaining.DUPLICATE}
    outside = explain(shelf, shelf.travel, collections=["copies"])
    assert outside.left_out_by == explaining.OUTSIDE


@pytest.mark.parametrize(
    ("groups", "error"),
    [(("readers",), errors.Forbidden), ((), errors.NotFound), (("others",), errors.NotFound)],
)
def test_only_who_looks_after_it_may_ask(shelf, groups, error):
    with pytest.raises(error):
        explain(shelf, shelf.travel, shelf.caller(*groups))


def test_only_an_administrator_may_ask_for_another(shelf):
    reader = add_person(shelf, "rea", "readers")
    with pytest.raises(errors.NotFound):
        explain(shelf, shelf.travel, person_id=reader)
    assert explain(shelf, shelf.travel, administrator(shelf), person_id=reader).left_out_by == ""


@pytest.mark.parametrize("document_id", ["0" * 32, "\x00", "a/b"])
def test_an_unknown_document_is_not_found(shelf, document_id):
    with pytest.raises(errors.NotFound):
        explain(shelf, document_id, administrator(shelf))
