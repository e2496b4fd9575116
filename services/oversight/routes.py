"""REST of oversight: for administrators, and the gaps for those who look after a collection, too."""

from datetime import datetime, timedelta
from threading import Lock as ThreadLock
from typing import Annotated

from fastapi import APIRouter, Query, Request

from services import audit, errors, release
from services.answers.admission import Admission
from services.corpus import gathering
from services.database.session import now
from services.dependencies import Opened, Reading
from services.identity.callers import Caller, MayAdminister, MayReadDocuments
from services.oversight import activity, configuration, gaps, lock
from services.oversight.gaps import Topic
from services.oversight.schemas import (
    ActivityOut,
    EarlierRelease,
    GapsOut,
    HourOut,
    LockOut,
    SettingOut,
    SettingsOut,
    TopicOut,
)
from services.release import Lock
from services.resources import Resources

router = APIRouter(prefix="/api/v1", tags=["oversight"])
one_at_a_time = ThreadLock()  # the words of thousands of questions keep a processor busy, which answers need
RETRY_AFTER_S = 10


@router.get("/activity")
def show_activity(
    _caller: MayAdminister,
    request: Request,
    session: Reading,
    resources: Opened,
    hours: Annotated[int, Query(ge=1, le=24 * 31)] = 48,
) -> ActivityOut:
    """What was answered hour by hour, of everybody together; there is no such list of a person."""
    admission: Admission = request.app.state.admission
    return ActivityOut(
        hours=[HourOut.of(hour) for hour in activity.by_hour(session, hours)],
        running=admission.running,
        waiting=admission.waiting,
        places=resources.settings.answers.running,
    )


@router.get("/settings")
def show_settings(_caller: MayAdminister, resources: Opened) -> SettingsOut:
    """Every setting of this process and where its value comes from; of secrets, only whether they are set."""
    shown = configuration.settings_shown(resources.settings)
    return SettingsOut(mode=resources.settings.mode, items=[SettingOut.of(one) for one in shown])


@router.get("/release/lock")
def show_lock(_caller: MayAdminister, resources: Opened) -> LockOut:
    """The parts of the release being served, its signature, and the releases before it on this machine."""
    served, settings = resources.lock, resources.settings
    return LockOut.of(
        served,
        lock.parts(served),
        signature=lock.signature_state(served, settings),
        signature_required=settings.release.require_signature,
        earlier=[_earlier(one, served) for one in lock.before(served, settings.models_root)],
    )


def _earlier(one: Lock, served: Lock) -> EarlierRelease:
    then, today = release.part_digests(one), release.part_digests(served)
    changed = sorted(name for name in then.keys() | today.keys() if then.get(name) != today.get(name))
    return EarlierRelease(
        release_id=one.release_id, name=one.name, model=one.generator.served_name, changed=changed
    )


@router.get("/gaps")
def show_gaps(
    caller: MayReadDocuments,
    resources: Opened,
    days: Annotated[int, Query(ge=1, le=365)] = 90,
) -> GapsOut:
    """Topics of refused or badly rated questions, from three other askers on; never a question or a name.

    For administrators and those who look after a collection.
    """
    if not one_at_a_time.acquire(blocking=False):
        raise errors.TooManyRequests(
            "Somebody else is looking just now; try again in a moment", retry_after=RETRY_AFTER_S
        )
    try:
        found = _gaps(caller, resources, now() - timedelta(days=days))
    finally:
        one_at_a_time.release()
    return GapsOut(days=days, items=[TopicOut.of(one) for one in found])


def _gaps(caller: Caller, resources: Resources, since: datetime) -> list[Topic]:
    with resources.transactions.read() as session:
        gathering.require_curator(session, caller)
        gathered = gaps.gather(session, caller, since)
    found = gaps.find(gathered)
    with resources.transactions.write() as session:
        audit.record(
            session, caller.person_id, "gaps.read", "", credential=caller.credential_id, topics=len(found)
        )
    return found
