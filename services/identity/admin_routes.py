"""People and groups, for administrators."""

from fastapi import APIRouter, Depends

from services.database.tables.identity import OutsideIdentity
from services.dependencies import Opened, Page, Reading, Transaction, next_cursor
from services.identity import people, queries
from services.identity.callers import Caller, MayAdminister, administrator
from services.identity.schemas import (
    GroupCreate,
    GroupPage,
    GroupPublic,
    MembersUpdate,
    PersonCreate,
    PersonPage,
    PersonPublic,
    PersonUpdate,
    RowId,
    hashed,
)

router = APIRouter()


@router.get("/people", dependencies=[Depends(administrator)])
def list_people(session: Reading, page: Page) -> PersonPage:
    found = queries.people_after(session, page.after, page.limit + 1)
    shown = found[: page.limit]
    more = shown[-1].login if len(found) > page.limit else None
    known = queries.outside_identities_of(session, [person.id for person in shown])
    items = [PersonPublic.of(person, known.get(person.id)) for person in shown]
    return PersonPage(items=items, next_cursor=next_cursor(more))


@router.post("/people", status_code=201)
def create_person(caller: MayAdminister, body: PersonCreate, resources: Opened) -> PersonPublic:
    password_hash = hashed(body.password)
    with resources.transactions.write() as session:
        person = people.create_person(
            session,
            _actor(caller),
            login=body.login,
            name=body.name,
            password_hash=password_hash,
            group_ids=body.group_ids,
            is_admin=body.is_admin,
            is_auditor=body.is_auditor,
        )
        return PersonPublic.of(person)


@router.patch("/people/{person_id}")
def change_person(
    caller: MayAdminister, person_id: RowId, body: PersonUpdate, resources: Opened
) -> PersonPublic:
    change = body.as_change()
    with resources.transactions.write() as session:
        person = people.change_person(session, _actor(caller), person_id, change)
        return PersonPublic.of(person, session.get(OutsideIdentity, person_id))


@router.get("/groups", dependencies=[Depends(administrator)])
def list_groups(session: Reading, page: Page) -> GroupPage:
    found = queries.groups_after(session, page.after, page.limit + 1)
    shown = found[: page.limit]
    more = shown[-1][0].name if len(found) > page.limit else None
    return GroupPage(
        items=[GroupPublic.of(group, count) for group, count in shown], next_cursor=next_cursor(more)
    )


@router.post("/groups", status_code=201)
def create_group(caller: MayAdminister, body: GroupCreate, session: Transaction) -> GroupPublic:
    return GroupPublic.of(people.create_group(session, _actor(caller), body.name), 0)


@router.put("/groups/{group_id}/members")
def set_members(
    caller: MayAdminister, group_id: RowId, body: MembersUpdate, session: Transaction
) -> GroupPublic:
    group = people.set_members(session, _actor(caller), group_id, body.person_ids)
    return GroupPublic.of(group, len(body.person_ids))


@router.delete("/groups/{group_id}", status_code=204)
def delete_group(caller: MayAdminister, group_id: RowId, session: Transaction) -> None:
    people.delete_group(session, _actor(caller), group_id)


def _actor(caller: Caller) -> people.Actor:
    return people.Actor(caller.person_id, caller.credential_id)
