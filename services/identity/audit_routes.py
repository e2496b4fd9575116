"""REST of the audit trail, for administrators, auditors and groups that the settings name.

Looking is recorded, and so is asking whether the trail is whole.
"""

import re
from threading import Lock
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel
from sqlalchemy import select

from services import audit, errors
from services.audit import people, verifying
from services.audit.verifying import Verdict
from services.database.tables.audit import AuditEntry
from services.database.tables.identity import Group, Person
from services.dependencies import Opened, Page, Transaction, next_cursor
from services.identity import audit_queries
from services.identity.audit_queries import Wanted
from services.identity.callers import Caller, CurrentCaller
from services.identity.schemas import RowId
from services.resources import Resources

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])
SUBJECT_ID = re.compile(r"[0-9a-f]{32}")  # a name that somebody looks for does not go into the trail
MOST_FINDINGS = 100
one_at_a_time = Lock()  # the whole trail is read and hashed, for seconds, with a processor that answers need
RETRY_AFTER_S = 10
Head = Annotated[str, Query(max_length=100, pattern=r"^$|^\d{1,12}:[0-9a-f]{64}$")]
ShortText = Annotated[str, Query(max_length=64, pattern=r"^[^\x00]*$")]


class AuditPerson(BaseModel):
    id: str
    login: str


class AuditEntryOut(BaseModel):
    """One act. `person` is null once the person's key is deleted, and where a source acted by itself."""

    id: int
    at: AwareDatetime
    actor: str
    person: AuditPerson | None
    credential: str
    action: str
    subject: str
    detail: dict[str, Any]
    batch: int | None
    expired_at: AwareDatetime | None


class AuditPage(BaseModel):
    items: list[AuditEntryOut]
    next_cursor: str | None = None


def auditor(caller: CurrentCaller, resources: Opened) -> Caller:
    """An administrator, an auditor, or a person signed in who is in one of the groups that may look."""
    if caller.is_admin or "audit" in caller.scopes:
        return caller
    names = resources.settings.audit.reader_groups
    theirs = select(Group.id).where(Group.name.in_(names), Group.id.in_(sorted(caller.group_ids)))
    if names and caller.via != "api_key":
        with resources.transactions.read() as session:
            if session.scalar(theirs.limit(1)) is not None:
                return caller
    raise errors.Forbidden("This is for administrators and auditors")


def wanted_entries(
    person_id: RowId | None = None,
    action: ShortText = "",
    subject: ShortText = "",
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> Wanted:
    return Wanted(person_id, action, subject, since, until)


@router.get("")
def list_entries(
    caller: Annotated[Caller, Depends(auditor)],
    wanted: Annotated[Wanted, Depends(wanted_entries)],
    session: Transaction,
    page: Page,
) -> AuditPage:
    """Entries, newest first. `action` takes an action or its kind, `subject` the id of what was acted on."""
    found = audit_queries.entries_page(session, wanted, page)
    shown = found[: page.limit]
    audit.record(
        session,
        caller.person_id,
        "audit.read",
        wanted.subject if SUBJECT_ID.fullmatch(wanted.subject or "") else "",
        credential=caller.credential_id,
        entries=len(shown),
        person=wanted.person_id or "",
    )
    known = people.behind(session, {entry.actor for entry in shown})
    last = str(shown[-1].id) if len(found) > page.limit else None
    return AuditPage(items=[_shown(entry, known) for entry in shown], next_cursor=next_cursor(last))


class FindingOut(BaseModel):
    batch: int | None
    what: str


class VerdictOut(BaseModel):
    """What a look at the whole trail found; `findings` is empty where it is as it was sealed.

    `head` names the newest seal: written down elsewhere, it shows later whether the trail's end was cut off.
    """

    is_whole: bool
    batches: int
    entries: int
    expired: int
    unsealed: int
    head: str
    findings: list[FindingOut]


@router.get("/verification")
def verify_trail(
    caller: Annotated[Caller, Depends(auditor)], resources: Opened, head: Head = ""
) -> VerdictOut:
    """Whether the trail is as it was sealed, and whether `head`, written down before, is still in it."""
    if not one_at_a_time.acquire(blocking=False):
        raise errors.TooManyRequests(
            "Somebody else is looking just now; try again in a moment", retry_after=RETRY_AFTER_S
        )
    try:
        verdict = _verdict(resources, head)
    finally:
        one_at_a_time.release()
    with resources.transactions.write() as session:
        audit.record(
            session,
            caller.person_id,
            "audit.verified",
            "",
            credential=caller.credential_id,
            batches=verdict.batches,
            findings=len(verdict.findings),
        )
    shown = verdict.findings[:MOST_FINDINGS]
    return VerdictOut(
        is_whole=not verdict.findings,
        batches=verdict.batches,
        entries=verdict.entries,
        expired=verdict.expired,
        unsealed=verdict.unsealed,
        head=verdict.head,
        findings=[FindingOut(batch=one.batch, what=one.what) for one in shown],
    )


def _verdict(resources: Resources, head: str) -> Verdict:
    settings = resources.settings
    with resources.transactions.read() as session:  # a writing one would hold up every writer meanwhile
        return verifying.verify(session, settings.secret_key.get_secret_value(), settings.audit, head)


def _shown(entry: AuditEntry, known: dict[str, Person]) -> AuditEntryOut:
    person = known.get(entry.actor)
    return AuditEntryOut(
        id=entry.id,
        at=entry.at,
        actor=entry.actor,
        person=AuditPerson(id=person.id, login=person.login) if person else None,
        credential=entry.credential,
        action=entry.action,
        subject=entry.subject,
        detail=entry.detail,
        batch=entry.batch,
        expired_at=entry.expired_at,
    )
