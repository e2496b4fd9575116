"""REST of whom to ask: who looks after the collections that a question came nearest to.

Only groups that curate a collection which the caller may read are named: people may turn to those.
Who else reads or fills it, and who is in those groups, is not said.
"""

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.answers import records
from services.database.tables.answers import Answer
from services.database.tables.identity import Group
from services.database.tables.library import CollectionGrant
from services.dependencies import Reading
from services.identity import permissions
from services.identity.callers import Caller, MayAsk

router = APIRouter(prefix="/api/v1/answers/{answer_id}/whom-to-ask", tags=["answers"])


class Keepers(BaseModel):
    """A collection, by its title, and the groups that look after it."""

    collection: str
    groups: list[str]


class KeepersOut(BaseModel):
    items: list[Keepers]


@router.get("")
def show_whom_to_ask(answer_id: str, caller: MayAsk, session: Reading) -> KeepersOut:
    """For one's own answer; empty where nobody is named to look after what it came near to."""
    answer = records.readable_answer(session, caller, answer_id)
    return KeepersOut(items=_keepers(session, caller, answer))


def _keepers(session: Session, caller: Caller, answer: Answer) -> list[Keepers]:
    near = list(dict.fromkeys(passage["collection_id"] for passage in answer.nearest))
    readable = {one.id: one for one in permissions.readable_collections(session, caller) if one.id in near}
    groups: dict[str, list[str]] = {}
    rows = session.execute(
        select(CollectionGrant.collection_id, Group.name)
        .join(Group, Group.id == CollectionGrant.group_id)
        .where(CollectionGrant.collection_id.in_(readable), CollectionGrant.access == permissions.CURATE)
        .order_by(Group.name)
    )
    for collection_id, name in rows:
        groups.setdefault(collection_id, []).append(name)
    return [
        Keepers(collection=readable[one].title or readable[one].name, groups=groups[one])
        for one in near
        if one in groups
    ]
