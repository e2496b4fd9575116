"""Who finds what, with a real Chroma server, a real lexical index, the real embedder and both databases."""

import shutil
import threading

import pytest

from services.database import changes
from services.database.session import now
from services.database.tables.library import CollectionGrant, Document
from services.documents.scopes import intern_scope
from services.retrieval import dense
from services.retrieval.search import find_passages

pytestmark = pytest.mark.real
CANARY = "The door code of the vault is KX-4711."


@pytest.fixture
def company(library):
    handbook = library.collection("handbook", "everyone")
    library.add(
        handbook,
        "Travel.pdf",
        ["Rail tickets are reimbursed within two weeks.", "A hotel may cost at most 120 euro per night."],
    )
    library.add(handbook, "Vault.md", [CANARY], narrowed_to=["hr"])
    library.add(library.collection("people", "hr"), "Pay.md", ["The director earns 90,000 euro a year."])
    return library


def texts(library, question, *groups, **options):
    found = find_passages(library.caller(*groups), question, library.resources, **options)
    return [passage.text for passage in found.passages]


@pytest.mark.parametrize(
    "question", ["How much can I spend on overnight stays?", "accommodation price limit"]
)
def test_meaning_is_found_without_the_words(company, question):
    assert texts(company, question, "everyone")[0].startswith("A hotel may cost")


def test_a_code_is_found_as_it_is_written(company):
    assert texts(company, "KX-4711", "everyone", "hr")[0] == CANARY


@pytest.mark.parametrize("exact_chunks", [0, 100], ids=["broad", "narrow"])
def test_a_canary_comes_to_its_readers_only(company, exact_chunks, monkeypatch):
    monkeypatch.setattr(dense, "EXACT_CHUNKS", exact_chunks)
    assert CANARY in texts(company, "What is the door code of the vault?", "everyone", "hr")
    assert CANARY not in texts(company, "What is the door code of the vault?", "everyone")
    assert CANARY not in texts(company, "What is the door code of the vault?", "hr")


def test_what_is_narrowed_deleted_or_revoked_is_gone_at_once(company):
    question = "What may a hotel cost, and what does the director earn?"
    hr = company.group("hr")
    assert len(texts(company, question, "everyone", "hr")) == 4
    with company.resources.transactions.write() as session:
        travel = session.query(Document).filter_by(name="Travel.pdf").one()
        travel.scope_id = intern_scope(session, travel.collection_id, [hr]).id
    assert texts(company, question, "everyone") == []
    with company.resources.transactions.write() as session:
        session.get_one(Document, travel.id).deleted_at = now()
    assert len(texts(company, question, "everyone", "hr")) == 2
    with company.resources.transactions.write() as session:
        session.query(CollectionGrant).filter_by(group_id=hr).delete()
    assert texts(company, question, "everyone", "hr") == [CANARY]


def test_a_widened_document_is_found_at_once_by_words(company):
    with company.resources.transactions.write() as session:
        vault = session.query(Document).filter_by(name="Vault.md").one()
        vault.scope_id = intern_scope(session, vault.collection_id, None).id
        changes.append(session, vault.versions[0].id, "publish")
    assert CANARY in texts(company, "door code of the vault", "everyone")


def test_every_index_wiped_comes_back_from_what_is_stored(company, tmp_path):
    before = texts(company, "hotel", "everyone")
    for part in ("lexical", "vectors"):
        getattr(company.resources, part).close()
        shutil.rmtree(tmp_path / part)
    index = company.resources.chunk_index
    index._connected().delete_collection(index._name)
    found = find_passages(company.caller("everyone"), "hotel", company.resources)
    assert [passage.text for passage in found.passages] == before
    assert found.degraded == ()


def test_many_at_once_each_find_their_own(company):
    outcomes = []

    def ask(group, expected):
        found = texts(company, "door code of the vault, hotel, director", *group)
        outcomes.append((CANARY in found) is expected)

    threads = [
        threading.Thread(target=ask, args=(group, expected))
        for group, expected in [(("everyone",), False), (("everyone", "hr"), True)] * 6
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [True] * 12
