"""Who one is here and why: what was said of the caller elsewhere, and what became of it."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.database.session import now
from services.database.tables.identity import Group, Membership, OutsideIdentity, Person
from services.identity import roles
from services.identity.caller import Caller, Carrier, Scope
from services.identity.roles import RoleHeld
from services.identity.schemas import GroupName, group_names
from services.settings import Settings, SignIn


class ClaimedGroup(BaseModel):
    """A group as it is called there, and the group here that it counts as, if there is one."""

    claimed: str
    became: GroupName | None
    administers: bool
    """Whether it makes its people administrators."""
    audits: bool
    """Whether it makes its people auditors."""


class Outside(BaseModel):
    """What a provider or a proxy said last."""

    issuer: str
    claims: dict[str, Any]
    groups: list[ClaimedGroup]
    read_at: datetime
    expires_at: datetime
    is_expired: bool
    """Expired, it counts for nothing, and its person reads nothing."""


class WhoAmI(BaseModel):
    id: str
    login: str
    name: str
    via: Carrier
    is_admin: bool
    scopes: list[Scope]
    roles: list[RoleHeld]
    """All roles of the person that count now, each with where it comes from."""
    groups: list[GroupName]
    """All that count now."""
    given_here: list[GroupName]
    """Those of them that an administrator gave."""
    outside: Outside | None
    collection_ids: list[str] | None
    """The only collections this credential reaches; null means all that its person does."""
    acting_account: str | None
    """Login of the service account that acts for the person."""
    reads: Literal["by groups", "nothing: what was said of the person has expired"]


def describe(session: Session, caller: Caller, all_settings: Settings) -> WhoAmI:
    settings = all_settings.sign_in
    known = session.get(OutsideIdentity, caller.person_id)
    outside = _outside(session, known, settings) if known and not caller.account_id else None
    account = session.get(Person, caller.account_id) if caller.account_id else None
    is_expired = outside is not None and outside.is_expired
    return WhoAmI(
        id=caller.person_id,
        login=caller.login,
        name=caller.name,
        via=caller.via,
        is_admin=caller.is_admin,
        scopes=sorted(caller.scopes),
        roles=roles.held(session, caller, all_settings),
        groups=named(session, caller.group_ids),
        given_here=_given_here(session, caller.person_id),
        outside=outside,
        collection_ids=None if caller.collection_ids is None else sorted(caller.collection_ids),
        acting_account=account.login if account else None,
        reads="nothing: what was said of the person has expired" if is_expired else "by groups",
    )


def named(session: Session, group_ids: frozenset[str]) -> list[GroupName]:
    found = select(Group).where(Group.id.in_(sorted(group_ids))).order_by(Group.name)
    return group_names(list(session.scalars(found)))


def _given_here(session: Session, person_id: str) -> list[GroupName]:
    query = select(Group).join(Membership).where(Membership.person_id == person_id).order_by(Group.name)
    return group_names(list(session.scalars(query)))


def _outside(session: Session, known: OutsideIdentity, settings: SignIn) -> Outside:
    values = known.claims.get(settings.oidc.groups_claim, known.claims.get("groups", []))
    claimed = {value: settings.groups.get(value, value) for value in values}
    here = {
        group.name: GroupName(id=group.id, name=group.name)
        for group in session.scalars(select(Group).where(Group.name.in_(claimed.values())))
    }
    groups = [
        ClaimedGroup(
            claimed=value,
            became=here.get(name) if name in known.group_names else None,
            administers=value in settings.admin_groups,
            audits=value in settings.auditor_groups,
        )
        for value, name in claimed.items()
    ]
    return Outside(
        issuer=known.issuer,
        claims=known.claims,
        groups=groups,
        read_at=known.read_at,
        expires_at=known.expires_at,
        is_expired=known.expires_at <= now(),
    )
