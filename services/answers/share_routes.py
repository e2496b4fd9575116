"""REST of shares: a link to one's answer or conversation, for signed-in colleagues; it ends by itself."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, status
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sqlalchemy.orm import Session

from services import audit
from services.answers import records, shares
from services.answers.schemas import AnswerOut
from services.database.tables.answers import AnswerShare
from services.database.tables.identity import Person
from services.dependencies import Page, Reading, Transaction, next_cursor
from services.identity.callers import Caller, MayAsk

router = APIRouter(prefix="/api/v1/shares", tags=["shares"])
OneId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class NewShare(BaseModel):
    """An answer or a conversation, and for how many days colleagues may see it."""

    model_config = ConfigDict(extra="forbid")

    answer_id: OneId | None = None
    conversation_id: OneId | None = None
    days: Annotated[int, Field(ge=1, le=90)] = 30

    @model_validator(mode="after")
    def one_of_them(self) -> Self:
        if (self.answer_id is None) == (self.conversation_id is None):
            raise ValueError("name an answer or a conversation")
        return self


class ShareOut(BaseModel):
    id: str
    answer_id: str | None
    conversation_id: str | None
    created_at: datetime
    expires_at: datetime


class SharePage(BaseModel):
    items: list[ShareOut]
    next_cursor: str | None = None


class SharedAnswers(BaseModel):
    """What a colleague may see of it: the answers all of whose sources they may read, oldest first."""

    id: str
    shared_by: str
    """The colleague's name."""
    created_at: datetime
    expires_at: datetime
    items: list[AnswerOut]


@router.post("", status_code=status.HTTP_201_CREATED)
def create_share(wanted: NewShare, caller: MayAsk, session: Transaction) -> ShareOut:
    if wanted.answer_id is not None:
        share = shares.share_answer(session, caller, wanted.answer_id, wanted.days)
    else:
        share = shares.share_conversation(session, caller, wanted.conversation_id or "", wanted.days)
    _record(session, caller, "share.create", share.id, of=share.answer_id or share.conversation_id)
    return ShareOut.model_validate(share, from_attributes=True)


@router.get("")
def list_shares(caller: MayAsk, session: Reading, page: Page) -> SharePage:
    """One's own that are not over, the newest first."""
    found = shares.own_page(session, caller, page)
    shown = found[: page.limit]
    last = shown[-1].id if len(found) > page.limit else None
    items = [ShareOut.model_validate(row, from_attributes=True) for row in shown]
    return SharePage(items=items, next_cursor=next_cursor(last))


@router.get("/{share_id}")
def show_share(share_id: str, caller: MayAsk, session: Transaction) -> SharedAnswers:
    """What the caller may see of it; reading it is audited."""
    share = shares.live(session, share_id)
    rows = shares.readable_answers(session, caller, share)
    _record(session, caller, "share.read", share.id, answers=[row.id for row in rows])
    return _shown(share, session.get_one(Person, share.shared_by), [records.view(row) for row in rows])


@router.delete("/{share_id}", status_code=status.HTTP_204_NO_CONTENT)
def revoke_share(share_id: str, caller: MayAsk, session: Transaction) -> None:
    """End one's own share; the link is unknown from then on."""
    shares.revoke(session, caller, share_id)
    _record(session, caller, "share.revoke", share_id)


def _shown(share: AnswerShare, person: Person, answers: list[AnswerOut]) -> SharedAnswers:
    return SharedAnswers(
        id=share.id,
        shared_by=person.name or person.login,
        created_at=share.created_at,
        expires_at=share.expires_at,
        # The conversation is its owner's: readers get no address of it.
        items=[answer.model_copy(update={"conversation_id": None}) for answer in answers],
    )


def _record(session: Session, caller: Caller, action: str, subject: str, **detail: object) -> None:
    audit.record(session, caller.person_id, action, subject, credential=caller.credential_id, **detail)
