"""Service accounts and their keys, for administrators."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field, StringConstraints

from services.database.tables.identity import ServiceAccount
from services.dependencies import Opened, Page, Reading, Transaction, next_cursor
from services.identity import keys, queries, service_accounts
from services.identity.callers import MayAdminister, administrator, keyable_scopes
from services.identity.people import Actor
from services.identity.schemas import (
    WITHOUT_NUL,
    ApiKeyCreate,
    ApiKeyCreated,
    ApiKeyPage,
    ApiKeyPublic,
    FullName,
    GroupName,
    Login,
    Received,
    RowId,
    RowIds,
    group_names,
)
from services.identity.service_accounts import AccountChange

Purpose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400, pattern=WITHOUT_NUL)]
Pem = Annotated[str, Field(max_length=8000)]

router = APIRouter(prefix="/service-accounts")


class AccountCreate(Received):
    """`public_key` (PEM: Ed25519, P-256 or RSA) is what the account signs with for whom it acts."""

    login: Login
    name: FullName = ""
    purpose: Purpose = ""
    group_ids: RowIds = frozenset()
    public_key: Pem = ""


class AccountUpdate(Received):
    """Groups and suspension are changed as a person's are, at `/people/{id}`."""

    purpose: Purpose | None = None
    public_key: Pem | None = None


class AccountPublic(BaseModel):
    id: str
    login: str
    name: str
    purpose: str
    public_key: str
    is_active: bool
    groups: list[GroupName]
    created_at: datetime

    @classmethod
    def of(cls, account: ServiceAccount) -> Self:
        person = account.person
        return cls(
            id=person.id,
            login=person.login,
            name=person.name,
            purpose=account.purpose,
            public_key=account.public_key,
            is_active=person.is_active,
            groups=group_names(person.groups),
            created_at=account.created_at,
        )


class AccountPage(BaseModel):
    items: list[AccountPublic]
    next_cursor: str | None


@router.get("", dependencies=[Depends(administrator)])
def list_accounts(session: Reading, page: Page) -> AccountPage:
    found = service_accounts.page_after(session, page.after, page.limit + 1)
    shown = found[: page.limit]
    more = shown[-1].person.login if len(found) > page.limit else None
    return AccountPage(items=[AccountPublic.of(one) for one in shown], next_cursor=next_cursor(more))


@router.post("", status_code=201)
def create_account(caller: MayAdminister, body: AccountCreate, session: Transaction) -> AccountPublic:
    account = service_accounts.create(
        session,
        Actor(caller.person_id, caller.credential_id),
        login=body.login,
        name=body.name,
        purpose=body.purpose,
        public_key=body.public_key,
        group_ids=body.group_ids,
    )
    return AccountPublic.of(account)


@router.patch("/{account_id}")
def change_account(
    caller: MayAdminister, account_id: RowId, body: AccountUpdate, session: Transaction
) -> AccountPublic:
    wanted = AccountChange(purpose=body.purpose, public_key=body.public_key)
    actor = Actor(caller.person_id, caller.credential_id)
    return AccountPublic.of(service_accounts.change(session, actor, account_id, wanted))


@router.get("/{account_id}/api-keys", dependencies=[Depends(administrator)])
def list_account_keys(account_id: RowId, session: Reading) -> ApiKeyPage:
    account = service_accounts.find(session, account_id)
    items = [ApiKeyPublic.of(key) for key in queries.keys_of(session, account.person_id)]
    return ApiKeyPage(items=items, next_cursor=None)


def kept_nowhere(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


@router.post("/{account_id}/api-keys", status_code=201, dependencies=[Depends(kept_nowhere)])
def create_account_key(
    caller: MayAdminister, account_id: RowId, body: ApiKeyCreate, session: Transaction, resources: Opened
) -> ApiKeyCreated:
    account = service_accounts.find(session, account_id)
    key, secret = keys.create_key(
        session,
        caller,
        keyable_scopes(False, resources.settings, is_auditor=account.person.is_auditor),
        body.as_wanted(),
        owner_id=account.person_id,
    )
    return ApiKeyCreated(**ApiKeyPublic.of(key).model_dump(), key=secret)
