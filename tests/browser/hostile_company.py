"""A company whose every foreign text is hostile: what its one reader finds wherever they look."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from services.database.tables.answers import (
    DONE,
    REFUSED,
    Answer,
    AnswerSource,
    Conversation,
)
from services.database.tables.identity import Group, Person
from services.database.tables.library import Collection, CollectionGrant, Version
from services.database.tables.sources import Source
from services.documents.scopes import intern_scope
from tests.browser.hostile_texts import RUNS, SENDS
from tests.company import Company

EVERY = [*RUNS, *SENDS]


@dataclass
class Hostile:
    """Where to look; each list has one row for each text."""

    company: Company
    document: str = ""
    answered: str = ""
    refused: str = ""
    conversation: str = ""
    places: dict[str, Any] = field(default_factory=dict)


def fill(company: Company, login: str) -> Hostile:
    """Rows with these texts for whatever has a name, a title or words, readable by the person."""
    made = Hostile(company)
    (chunk,) = company.add("traps", "plain.txt", ["\n".join(EVERY)], "travellers")
    made.document = company.library.document_of(chunk)
    traps = company.library.collection("named", "travellers")
    for number, text in enumerate(EVERY):
        company.library.add(traps, f"{text}.txt", [f"Toll {number}"], headings=[(text,)])
    with company.resources.transactions.write() as session:
        version = session.scalars(select(Version).where(Version.document_id == made.document)).one()
        readers = company.library.group("travellers")
        for number, text in enumerate(EVERY):
            collection = Collection(name=f"trap-{number}", title=text, description=text)
            session.add_all([collection, Group(name=text), Person(login=f"trap-{number}", name=text)])
            session.flush()
            session.add(CollectionGrant(collection_id=collection.id, group_id=readers))
            intern_scope(session, collection.id, None)
            session.add(Source(name=text, kind="folder", collection_id=collection.id))
            session.add(Conversation(person_id=company.people[login], title=text))
        talk = Conversation(person_id=company.people[login], title=" ".join(EVERY))
        session.add(talk)
        session.flush()
        place = {"document_id": made.document, "version_id": version.id, "chunk_id": chunk}
        made.conversation = talk.id
        made.answered = _answered(session, company.people[login], talk.id, place)
        made.refused = _refused(session, company.people[login], talk.id, place)
    return made


def _citation(place: dict[str, str], number: int, text: str) -> dict[str, Any]:
    return place | {
        "number": number, "document_name": text, "version_number": 1, "page": 1, "heading_path": [text],
        "quote": text, "start": 0, "end": 10,
    }  # fmt: skip


def _answered(session: Any, person: str, talk: str, place: dict[str, str]) -> str:
    sentences = [
        {"index": n, "text": text, "status": "supported", "citations": [_citation(place, n + 1, text)]}
        for n, text in enumerate(EVERY)
    ]
    conflict = {"one": _citation(place, 1, RUNS[9]), "other": _citation(place, 2, SENDS[0])}
    row = Answer(
        asked_by=person, conversation_id=talk, question="\n".join(EVERY), searched_as=" ".join(EVERY),
        policy="strict", state=DONE, kind="generated", text=" ".join(EVERY), sentences=sentences,
        conflicts=[conflict | {"are_editions": False}], release_id=RUNS[9], model=RUNS[10],
    )  # fmt: skip
    return _kept(session, row, place)


def _refused(session: Any, person: str, talk: str, place: dict[str, str]) -> str:
    nearest = [
        place | {
            "chunk_id": f"{number:064x}", "document_name": text, "version_number": 1,
            "collection_id": "c" * 32, "heading_path": [text], "page": 1, "text": text, "start": 0,
            "end": 10, "score": 0.5,
        }
        for number, text in enumerate(EVERY)
    ]  # fmt: skip
    row = Answer(
        asked_by=person, conversation_id=talk, question="\n".join(EVERY), searched_as="", policy="strict",
        state=REFUSED, kind="refused", text="", nearest=nearest,
    )  # fmt: skip
    return _kept(session, row, place)


def _kept(session: Any, row: Answer, place: dict[str, str]) -> str:
    row.sources = [AnswerSource(version_id=place["version_id"])]
    session.add(row)
    session.flush()
    return row.id
