"""API keys: an application's credential, shown once, kept as a digest, never stronger than its owner."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy.orm import Session

from services import audit, errors
from services.database.session import now
from services.database.tables.identity import ApiKey
from services.identity import credentials, queries
from services.identity.callers import Caller, Scope

MOST_KEYS = 50


def create_key(
    session: Session,
    caller: Caller,
    grantable: frozenset[Scope],
    *,
    name: str,
    scopes: Iterable[Scope],
    expires_in_days: int | None,
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is not kept. Only a person who is signed in makes keys."""
    caller.require_session()
    wanted = frozenset(scopes)
    if not wanted <= grantable:
        raise errors.Forbidden(f"You may not give away: {', '.join(sorted(wanted - grantable))}")
    if len(queries.keys_of(session, caller.person_id)) >= MOST_KEYS:
        raise errors.Conflict(f"You have {MOST_KEYS} keys; revoke one first")
    secret = credentials.new_api_key()
    key = ApiKey(
        person_id=caller.person_id,
        name=name,
        prefix=secret[: credentials.SHOWN_PREFIX],
        key_digest=credentials.digest(secret),
        scopes=sorted(wanted),
        expires_at=now() + timedelta(days=expires_in_days) if expires_in_days else None,
    )
    session.add(key)
    session.flush()
    _record(session, caller, "api_key.created", key, scopes=key.scopes)
    return key, secret


def revoke_key(session: Session, caller: Caller, key_id: str) -> None:
    """End a key of one's own; an administrator may end anyone's."""
    caller.require_session()
    key = session.get(ApiKey, key_id, with_for_update=True)
    if key is None or key.revoked_at is not None or not _may_revoke(caller, key):
        raise errors.NotFound("There is no such key")
    key.revoked_at = now()
    _record(session, caller, "api_key.revoked", key)


def _may_revoke(caller: Caller, key: ApiKey) -> bool:
    return key.person_id == caller.person_id or caller.is_admin


def _record(session: Session, caller: Caller, action: str, key: ApiKey, **detail: object) -> None:
    audit.record(session, caller.person_id, action, key.id, credential=caller.credential_id, **detail)
