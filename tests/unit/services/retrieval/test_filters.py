from datetime import date, timedelta

import pytest

from services import errors
from services.database.session import now
from services.database.tables.library import Document, Version
from services.retrieval import dense
from services.retrieval.filters import Filters
from services.retrieval.search import find_passages
from tests.library_of_texts import add_person

TODAY = now().date()


@pytest.fixture
def shelf(library):
    collection = library.collection("shelf", "everyone")
    for name in ("old", "new"):
        library.add(collection, name, [f"The {name} hotel costs 120 euro."])
    ada = add_person(library, "ada", "everyone")
    with library.resources.transactions.write() as session:
        documents = {one.name: one for one in session.query(Document)}
        library.old, library.new = documents["old"].id, documents["new"].id
        documents["new"].created_by = ada
        version = session.query(Version).filter_by(document_id=library.old).one()
        version.published_at = now() - timedelta(days=400)
        version.language, version.media_type = "de", "application/pdf"
    return library


@pytest.fixture(params=["file", "chroma"])
def way(request, monkeypatch):
    if request.param == "chroma":
        monkeypatch.setattr(dense, "is_current", lambda _resources: False)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("named", "found"),
    [
        ({}, {"old", "new"}),
        ({"published_from": TODAY - timedelta(days=1)}, {"new"}),
        ({"published_until": TODAY - timedelta(days=399)}, {"old"}),
        ({"published_from": TODAY, "published_until": TODAY}, {"new"}),
        ({"published_until": date.max}, {"old", "new"}),
        ({"languages": frozenset({"de"})}, {"old"}),
        ({"media_types": frozenset({"application/pdf", "text/html"})}, {"old"}),
        ({"authors": frozenset({"ada"})}, {"new"}),
        ({"authors": frozenset({"nobody"})}, set()),
        ({"authors": frozenset({"ada"}), "languages": frozenset({"de"})}, set()),
        ({"published_until": date(1, 1, 1)}, set()),
    ],
)
def test_only_what_the_filters_leave_is_found(shelf, named, found):
    passages = find_passages(
        shelf.caller("everyone"), "hotel", shelf.resources, filters=Filters(**named)
    ).passages
    assert {passage.document_name for passage in passages} == found


def test_named_documents_are_kept_to(shelf):
    wanted = Filters(document_ids=frozenset({shelf.old}))
    passages = find_passages(shelf.caller("everyone"), "hotel", shelf.resources, filters=wanted).passages
    assert [passage.document_id for passage in passages] == [shelf.old]


def test_a_document_one_may_not_know_of_is_not_found(shelf):
    hidden = shelf.document_of(shelf.add(shelf.collection("people", "hr"), "secret", ["A hotel."])[0])
    for document_id in (hidden, "0" * 32, "x"):
        with pytest.raises(errors.NotFound):
            find_passages(
                shelf.caller("everyone"),
                "hotel",
                shelf.resources,
                filters=Filters(document_ids=frozenset({document_id, shelf.old})),
            )
