from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import create_engine, delete, select
from sqlalchemy.orm import Session

from services import errors
from services.database.session import Transactions, now
from services.database.tables.identity import Group, Membership, Person
from services.database.tables.library import Collection, CollectionGrant, Document, Scope, ScopeGroup
from services.identity import people, permissions
from services.identity.callers import Caller


@dataclass(frozen=True, slots=True)
class Library:
    """handbook: everyone reads, hr contributes; payroll: hr only; a handbook page is narrowed to finance."""

    handbook: Collection
    payroll: Collection
    page: Document
    narrowed_page: Document
    payslip: Document


def add_collection(session: Session, name: str, **grants: Group) -> Collection:
    collection = Collection(name=name)
    session.add(collection)
    session.flush()
    session.add_all(
        CollectionGrant(collection_id=collection.id, group_id=group.id, access=access)
        for access, group in grants.items()
    )
    return collection


def add_document(session: Session, collection: Collection, name: str, *narrowed_to: Group) -> Document:
    scope = Scope(collection_id=collection.id, narrowing="n" * 64 if narrowed_to else "")
    session.add(scope)
    session.flush()
    session.add_all(ScopeGroup(scope_id=scope.id, group_id=group.id) for group in narrowed_to)
    document = Document(collection_id=collection.id, scope_id=scope.id, name=name)
    session.add(document)
    session.flush()
    return document


@pytest.fixture
def library(transactions: Transactions, company) -> Library:
    with transactions.write() as session:
        everyone = people.everyone(session)
        handbook = add_collection(session, "handbook", read=everyone, contribute=company.hr)
        payroll = add_collection(session, "payroll", read=company.hr)
        return Library(
            handbook=handbook,
            payroll=payroll,
            page=add_document(session, handbook, "page.md"),
            narrowed_page=add_document(session, handbook, "bonus.md", company.finance),
            payslip=add_document(session, payroll, "payslip.pdf"),
        )


@pytest.fixture
def read_by(transactions: Transactions, caller_of) -> Callable[[Person | Caller], set[str]]:
    """Names of the documents a person reads, asserted to be the same by scope numbers and by WHERE clause."""

    def read(who: Person | Caller) -> set[str]:
        caller = who if isinstance(who, Caller) else caller_of(who)
        with transactions.read() as session:
            scopes = permissions.readable_scopes(session, caller)
            documents = session.scalars(
                select(Document).where(permissions.documents_readable_by(caller))
            ).all()
            in_scopes = session.scalars(
                select(Document.name).where(Document.scope_id.in_(scopes), Document.deleted_at.is_(None))
            )
            names = {document.name for document in documents}
            assert names == set(in_scopes)
            return names

    return read


def test_groups_and_narrowing_decide_what_is_read(library, company, read_by):
    assert read_by(company.ada) == {"page.md", "payslip.pdf"}
    assert read_by(company.ben) == {"page.md", "bonus.md"}


def test_an_administrator_reads_only_what_their_groups_read(library, company, read_by):
    assert read_by(company.admin) == {"page.md"}


def test_a_narrowing_opens_no_collection(library, company, read_by, transactions):
    with transactions.write() as session:
        add_document(session, session.merge(library.payroll), "secret.md", company.finance)
    assert "secret.md" not in read_by(company.ben)
    assert "secret.md" not in read_by(company.ada)


def test_a_caller_without_groups_reads_nothing(library, company, read_by, caller_of, transactions):
    nobody = replace(caller_of(company.ada), group_ids=frozenset())
    assert read_by(nobody) == set()
    with transactions.read() as session:
        assert permissions.readable_collections(session, nobody) == []
        assert not permissions.may_contribute(session, nobody, library.handbook.id)


def test_a_deleted_document_is_read_by_nobody(library, company, read_by, transactions):
    with transactions.write() as session:
        session.merge(library.page).deleted_at = now()
    assert read_by(company.ada) == {"payslip.pdf"}


def test_leaving_a_group_ends_reading_at_the_next_request(library, company, read_by, transactions):
    with transactions.write() as session:
        session.execute(delete(Membership).where(Membership.group_id == company.hr.id))
    assert read_by(company.ada) == {"page.md"}


def test_deleting_a_granted_group_ends_its_grants(library, company, read_by, transactions):
    with transactions.write() as session:
        people.delete_group(session, people.FIRST_START, company.hr.id)
    assert read_by(company.ada) == {"page.md"}


def test_documents_narrowed_to_a_deleted_group_are_read_by_nobody(library, company, read_by, transactions):
    with transactions.write() as session:
        people.delete_group(session, people.FIRST_START, company.finance.id)
    assert read_by(company.ben) == {"page.md"}
    assert read_by(company.ada) == {"page.md", "payslip.pdf"}


def test_a_document_in_a_scope_of_a_foreign_collection_is_not_read(library, company, transactions, caller_of):
    with transactions.write() as session:
        session.merge(library.payslip).scope_id = library.page.scope_id
    ben = caller_of(company.ben)
    with transactions.read() as session:
        readable = select(Document.name).where(permissions.documents_readable_by(ben))
        assert set(session.scalars(readable)) == {"page.md", "bonus.md"}


def test_reading_is_not_contributing(library, company, transactions, caller_of):
    ada, ben = caller_of(company.ada), caller_of(company.ben)
    with transactions.read() as session:
        assert permissions.may_contribute(session, ada, library.handbook.id)
        assert not permissions.may_contribute(session, ada, library.payroll.id)
        assert not permissions.may_contribute(session, ben, library.handbook.id)
        assert not permissions.may_contribute(session, ada, "no such collection")


def test_only_readable_collections_are_known_of(library, company, transactions, caller_of):
    ada, ben = caller_of(company.ada), caller_of(company.ben)
    with transactions.read() as session:
        assert [c.name for c in permissions.readable_collections(session, ada)] == ["handbook", "payroll"]
        assert [c.name for c in permissions.readable_collections(session, ben)] == ["handbook"]
        assert permissions.may_read(session, ada, library.payroll.id)
        assert not permissions.may_read(session, ben, library.payroll.id)


def test_an_unreachable_database_is_an_error_and_never_an_empty_list():
    unreachable = Transactions(create_engine("postgresql+psycopg://127.0.0.1:1/none"))
    nobody = Caller("p", "p", "", False, frozenset({"g"}), frozenset(), "c", "session")
    with pytest.raises(errors.DatabaseUnavailable), unreachable.read() as session:
        permissions.readable_scopes(session, nobody)
