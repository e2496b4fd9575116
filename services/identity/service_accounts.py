"""Accounts of applications: administrators make them and their keys; they have no password."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from services import audit, errors
from services.adapters import signed_tokens
from services.database.tables.identity import Person, ServiceAccount
from services.identity import people
from services.identity.people import Actor


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What is to become of an account; None leaves a thing as it is, an empty key takes it away."""

    purpose: str | None = None
    public_key: str | None = None


def create(
    session: Session,
    actor: Actor,
    *,
    login: str,
    name: str,
    purpose: str,
    public_key: str,
    group_ids: Iterable[str],
) -> ServiceAccount:
    """A new account; errors.InvalidRequest where the key is none that assertions can be checked with."""
    _require_fit(public_key)
    person = people.create_person(
        session, actor, login=login, name=name, password_hash="", group_ids=group_ids
    )
    account = ServiceAccount(
        person_id=person.id, purpose=purpose, public_key=public_key, created_by=actor.person_id, person=person
    )
    session.add(account)
    session.flush()
    _record(session, actor, "account.created", account, may_act=bool(public_key))
    return account


def change(session: Session, actor: Actor, account_id: str, wanted: AccountChange) -> ServiceAccount:
    account = find(session, account_id)
    if wanted.purpose is not None:
        account.purpose = wanted.purpose
    if wanted.public_key is not None:
        _require_fit(wanted.public_key)
        account.public_key = wanted.public_key
    session.flush()
    _record(session, actor, "account.changed", account, may_act=bool(account.public_key))
    return account


def find(session: Session, account_id: str) -> ServiceAccount:
    """errors.NotFound where nobody, or a person, has this id."""
    found = session.scalar(_with_person().where(ServiceAccount.person_id == account_id))
    if found is None:
        raise errors.NotFound("There is no such service account")
    return found


def page_after(session: Session, login: str, limit: int) -> list[ServiceAccount]:
    query = _with_person().where(Person.login > login).order_by(Person.login).limit(limit)
    return list(session.scalars(query))


def _with_person() -> Select[ServiceAccount]:
    return (
        select(ServiceAccount)
        .join(ServiceAccount.person)
        .options(joinedload(ServiceAccount.person).selectinload(Person.groups))
    )


def _require_fit(public_key: str) -> None:
    if public_key:
        signed_tokens.public_key(public_key)


def _record(session: Session, actor: Actor, action: str, account: ServiceAccount, *, may_act: bool) -> None:
    audit.record(
        session,
        actor.person_id,
        action,
        account.person_id,
        credential=actor.credential_id,
        may_act=may_act,
    )
