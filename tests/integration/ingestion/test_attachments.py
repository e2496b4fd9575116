"""What lies in a document becomes documents of their own that go where it goes."""

import io
import zipfile
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from services import errors
from services.database.tables.library import Document, Version
from services.database.tables.runs import Run
from services.documents import views


def mail(**files: str) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["Date"] = (
        "Offer",
        "ann@x.y",
        "Fri, 20 Nov 2026 10:00:00 +0000",
    )
    message.set_content("See what is attached.")
    for name, text in files.items():
        message.add_attachment(text, filename=f"{name}.txt")
    return message.as_bytes()


def archive(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name.replace("_", "."), content)
    return buffer.getvalue()


@pytest.fixture
def family(shelf, resources):
    """Every document: its name, and its versions' numbers and states; {} of those that were removed."""

    def look() -> dict[str, dict[int, str]]:
        with resources.transactions.read() as session:
            documents = session.scalars(select(Document).order_by(Document.created_at))
            return {
                document.name: {}
                if document.deleted_at
                else {version.number: version.state for version in document.versions}
                for document in documents
            }

    return look


@pytest.fixture
def settle(shelf, resources):
    """Do every run that waits, also those that come of it."""

    def work() -> None:
        while True:
            with resources.transactions.read() as session:
                waiting = session.scalars(
                    select(Run.id).where(Run.state == "waiting", Run.kind == "ingest")
                ).all()
            if not waiting:
                return
            for run_id in waiting:
                shelf.ingest(run_id)

    return work


def document_named(resources, name: str) -> Document:
    with resources.transactions.read() as session:
        found = session.scalars(
            select(Document).where(Document.name == name, Document.deleted_at.is_(None))
        ).one()
        assert found.versions is not None
        return found


def test_attachments_become_documents_tied_to_the_mail(shelf, resources, family, settle):
    german = "Vierzig Euro am Tag, und die Rechnung ist innerhalb von dreißig Tagen zu bezahlen."
    shelf.add("offer.eml", mail(prices=german, terms="Payment within a month."))
    settle()

    assert family() == {
        "offer.eml": {1: "visible"},
        "offer.eml/prices.txt": {1: "visible"},
        "offer.eml/terms.txt": {1: "visible"},
    }
    parent, child = document_named(resources, "offer.eml"), document_named(resources, "offer.eml/prices.txt")
    assert (child.parent_id, child.collection_id, child.scope_id) == (
        parent.id,
        parent.collection_id,
        parent.scope_id,
    )
    assert child.created_by == parent.created_by
    with resources.transactions.read() as session:
        shown = views.document_view(session, session.get_one(Document, child.id))
    assert (shown.parent_id, shown.language, shown.needs_ocr) == (parent.id, "de", False)


def test_next_version_brings_its_own_attachments(shelf, family, settle):
    shelf.add("offer.eml", mail(same="stays as it was", old="goes away", other="first words"))
    settle()
    shelf.add("offer.eml", mail(same="stays as it was", other="second words", new="comes now"))
    settle()

    assert family() == {
        "offer.eml": {1: "superseded", 2: "visible"},
        "offer.eml/same.txt": {1: "visible"},
        "offer.eml/old.txt": {},
        "offer.eml/other.txt": {1: "superseded", 2: "visible"},
        "offer.eml/new.txt": {1: "visible"},
    }


def test_attachments_have_their_documents_readers_always(shelf, resources, settle):
    shelf.company.person("bob", "hr")
    run_id = shelf.add("offer.eml", mail(prices="Forty euros a day."))
    settle()
    narrowed = shelf.narrow(run_id, "staff")

    child = document_named(resources, "offer.eml/prices.txt")
    assert child.scope_id == narrowed
    child_run = _run_of(resources, child.versions[0].id)
    with pytest.raises(errors.InvalidRequest, match="document's readers"):
        shelf.narrow(child_run, "staff")


def test_attachments_go_with_their_document(shelf, family, settle):
    run_id = shelf.add("offer.eml", mail(prices="Forty euros a day."))
    settle()
    shelf.remove(run_id)

    assert family() == {"offer.eml": {}, "offer.eml/prices.txt": {}}
    assert shelf.visible() == []


def test_removed_attachment_stays_away_until_it_changes(shelf, resources, family, settle):
    shelf.add("offer.eml", mail(prices="Forty euros a day."))
    settle()
    child = document_named(resources, "offer.eml/prices.txt")
    shelf.remove(_run_of(resources, child.versions[0].id))

    shelf.add("offer.eml", mail(prices="Forty euros a day.", note="new"))
    settle()
    assert family()["offer.eml/prices.txt"] == {}

    shelf.add("offer.eml", mail(prices="Fifty euros a day."))
    settle()
    assert family()["offer.eml/prices.txt"] == {1: "visible"}


def test_archives_in_archives_are_opened_to_a_depth(shelf, resources, family, settle):
    deep = b"the innermost words"
    packed = archive(last_txt=deep)
    for _ in range(4):
        packed = archive(in_zip=packed)
    shelf.add("a.zip", packed)
    settle()

    assert list(family()) == ["a.zip", "a.zip/in.zip", "a.zip/in.zip/in.zip", "a.zip/in.zip/in.zip/in.zip"]
    last = document_named(resources, "a.zip/in.zip/in.zip/in.zip").versions[0]
    assert last.warnings == ["Not taken out, for they lie too deep in other files: in.zip."]


def test_what_cannot_be_read_is_a_warning_of_the_parent(shelf, resources, settle):
    shelf.add("a.zip", archive(a_txt=b"fine", b_exe=bytes(range(256)), c_docx=b"PK\x03\x04 damaged"))
    settle()

    parent = document_named(resources, "a.zip")
    assert parent.versions[0].warnings == ["Attachments of a kind that cannot be read: b.exe."]
    assert document_named(resources, "a.zip/c.docx").versions[0].state == "failed"
    assert document_named(resources, "a.zip/a.txt").versions[0].state == "visible"


def test_doing_it_again_makes_nothing_twice(shelf, resources, family, settle):
    run_id = shelf.add("offer.eml", mail(prices="Forty euros a day."))
    settle()
    with resources.transactions.write() as session:
        run = session.get_one(Run, run_id)
        run.state = "waiting"
        session.get_one(Version, run.subject).state = "waiting"
    settle()

    assert family() == {"offer.eml": {1: "visible"}, "offer.eml/prices.txt": {1: "visible"}}


def _run_of(resources, version_id: str) -> str:
    with resources.transactions.read() as session:
        return session.scalars(select(Run.id).where(Run.subject == version_id)).one()
