"""REST of conversations: one's own, named, looked back at, forgotten."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy.orm import Session

from services import audit
from services.answers import conversations, records
from services.answers.schemas import AnswerOut
from services.database.tables.answers import Conversation
from services.dependencies import Page, Reading, Transaction, next_cursor
from services.identity.callers import Caller, MayAsk

router = APIRouter(prefix="/api/v1/conversations", tags=["conversations"])
Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=records.LONGEST_TITLE)
]

Words = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


class ConversationName(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Title


class NewConversation(BaseModel):
    """Without a title it is called by the first question asked in it."""

    model_config = ConfigDict(extra="forbid")

    title: Title | None = None


class ConversationOut(BaseModel):
    id: str
    title: str
    created_at: datetime
    asked_at: datetime
    collections: list[str] = []
    """Names of the collections that its answers rest on."""


class ConversationPage(BaseModel):
    items: list[ConversationOut]
    next_cursor: str | None = None


class ConversationAnswers(BaseModel):
    """What was asked and answered, oldest first; what may no longer be read is not there."""

    items: list[AnswerOut]


@router.post("", status_code=status.HTTP_201_CREATED)
def create_conversation(wanted: NewConversation, caller: MayAsk, session: Transaction) -> ConversationOut:
    created = conversations.create(session, caller, wanted.title or "")
    _record(session, caller, "conversation.create", created.id)
    return _shown(created)


@router.get("")
def list_conversations(
    caller: MayAsk, session: Reading, page: Page, q: Words = "", collection: str = ""
) -> ConversationPage:
    """One's own, the one last asked in first; `q` looks into titles, questions and answers."""
    wanted = conversations.Wanted(q.strip(), collection)
    found = conversations.page_of(session, caller, page, wanted)
    shown = found[: page.limit]
    last = shown[-1].id if len(found) > page.limit else None
    folders = conversations.folders_of(session, caller, [row.id for row in shown])
    items = [_shown(row, folders.get(row.id, [])) for row in shown]
    return ConversationPage(items=items, next_cursor=next_cursor(last))


@router.get("/{conversation_id}")
def show_conversation(conversation_id: str, caller: MayAsk, session: Reading) -> ConversationOut:
    found = conversations.own(session, caller, conversation_id)
    return _shown(found, conversations.folders_of(session, caller, [found.id]).get(found.id, []))


@router.get("/{conversation_id}/answers")
def list_conversation_answers(
    conversation_id: str, caller: MayAsk, session: Transaction
) -> ConversationAnswers:
    """What was asked in it, with the answers; reading them is audited."""
    found = conversations.own(session, caller, conversation_id)
    rows = conversations.answers_of(session, caller, found)
    _record(session, caller, "conversation.read", conversation_id, answers=[row.id for row in rows])
    return ConversationAnswers(items=[records.view(row) for row in rows])


@router.patch("/{conversation_id}")
def rename_conversation(
    conversation_id: str, wanted: ConversationName, caller: MayAsk, session: Transaction
) -> ConversationOut:
    found = conversations.own(session, caller, conversation_id)
    found.title = wanted.title
    _record(session, caller, "conversation.change", conversation_id)
    return _shown(found)


@router.delete("/{conversation_id}", status_code=status.HTTP_204_NO_CONTENT)
def remove_conversation(conversation_id: str, caller: MayAsk, session: Transaction) -> None:
    """With everything that was asked and answered in it."""
    conversations.remove(session, conversations.own(session, caller, conversation_id))
    _record(session, caller, "conversation.remove", conversation_id)


def _shown(row: Conversation, folders: Sequence[str] = ()) -> ConversationOut:
    return ConversationOut(
        id=row.id,
        title=row.title,
        created_at=row.created_at,
        asked_at=row.asked_at,
        collections=list(folders),
    )


def _record(session: Session, caller: Caller, action: str, subject: str, **detail: object) -> None:
    audit.record(session, caller.person_id, action, subject, credential=caller.credential_id, **detail)
