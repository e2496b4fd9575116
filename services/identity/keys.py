"""API keys: an application's credential, shown once, kept as a digest, never stronger than its owner."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from services import audit, errors
from services.database.session import now
from services.database.tables.identity import ApiKey, ServiceAccount
from services.database.tables.library import Collection
from services.identity import credentials, permissions, queries
from services.identity.caller import Caller, Scope

MOST_KEYS = 50


@dataclass(frozen=True, slots=True)
class WantedKey:
    """What a key is to be; `collection_ids` None means that it reaches all its owner does."""

    name: str
    scopes: frozenset[Scope]
    expires_in_days: int | None
    collection_ids: frozenset[str] | None = None


def create_key(
    session: Session,
    caller: Caller,
    grantable: frozenset[Scope],
    wanted: WantedKey,
    *,
    owner_id: str = "",
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is not kept. Only a person who is signed in makes keys for themselves.

    An administrator makes those of service accounts: `owner_id`; errors.NotFound for a collection that the
    caller may not know of.
    """
    if not owner_id:
        caller.require_session()
    if not wanted.scopes <= grantable:
        raise errors.Forbidden(f"You may not give away: {', '.join(sorted(wanted.scopes - grantable))}")
    if wanted.collection_ids is not None:
        _require_collections(session, caller, wanted)
    days = wanted.expires_in_days
    expires_at = now() + timedelta(days=days) if days else None
    return _issue(session, caller, owner_id or caller.person_id, wanted, expires_at)


def rotate_key(session: Session, caller: Caller, key_id: str, overlap: timedelta) -> tuple[ApiKey, str]:
    """Another key in the place of this one, as long-lived as that was; the old one ends after `overlap`."""
    caller.require_session()
    old = _changeable(session, caller, key_id)
    if old.person_id != caller.person_id and session.get(ServiceAccount, old.person_id) is None:
        raise errors.NotFound("There is no such key")  # its secret would make an administrator that person
    lifetime = old.expires_at - old.created_at if old.expires_at else None
    wanted = WantedKey(old.name, frozenset(old.scopes), None)
    if old.collection_ids is not None:
        wanted = replace(wanted, collection_ids=frozenset(old.collection_ids))
    ends_at = now() + overlap
    old.expires_at = min(old.expires_at, ends_at) if old.expires_at else ends_at
    expires_at = now() + lifetime if lifetime else None
    new, secret = _issue(session, caller, old.person_id, wanted, expires_at)
    _record(session, caller, "api_key.rotated", old, replaced_by=new.id)
    return new, secret


def revoke_key(session: Session, caller: Caller, key_id: str) -> None:
    """End a key of one's own; an administrator may end anyone's."""
    caller.require_session()
    key = _changeable(session, caller, key_id)
    key.revoked_at = now()
    _record(session, caller, "api_key.revoked", key)


def _issue(
    session: Session, caller: Caller, owner_id: str, wanted: WantedKey, expires_at: datetime | None
) -> tuple[ApiKey, str]:
    if len(queries.keys_of(session, owner_id)) >= MOST_KEYS:
        raise errors.Conflict(f"There are {MOST_KEYS} keys; revoke one first")
    secret = credentials.new_api_key()
    key = ApiKey(
        person_id=owner_id,
        name=wanted.name,
        prefix=secret[: credentials.SHOWN_PREFIX],
        key_digest=credentials.digest(secret),
        scopes=sorted(wanted.scopes),
        collection_ids=None if wanted.collection_ids is None else sorted(wanted.collection_ids),
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    _record(session, caller, "api_key.created", key, scopes=key.scopes, collections=key.collection_ids)
    return key, secret


def _require_collections(session: Session, caller: Caller, wanted: WantedKey) -> None:
    if {"admin", "audit"} & set(wanted.scopes):
        raise errors.InvalidRequest(
            "A key that administers or audits reaches everything; leave one of the two out"
        )
    ids = wanted.collection_ids or frozenset()
    may_know = Collection.id.is_not(None) if caller.is_admin else permissions.collections_readable_by(caller)
    found = session.scalars(select(Collection.id).where(Collection.id.in_(sorted(ids)), may_know))
    if set(found) != ids:
        raise errors.NotFound("There is no such collection")


def _changeable(session: Session, caller: Caller, key_id: str) -> ApiKey:
    key = session.get(ApiKey, key_id, with_for_update=True)
    is_theirs = key is not None and (key.person_id == caller.person_id or caller.is_admin)
    if key is None or key.revoked_at is not None or not is_theirs:
        raise errors.NotFound("There is no such key")
    return key


def _record(session: Session, caller: Caller, action: str, key: ApiKey, **detail: object) -> None:
    audit.record(session, caller.person_id, action, key.id, credential=caller.credential_id, **detail)
