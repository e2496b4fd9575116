"""Asking for a sync: by a person, or because it is due; and which readers a source's rules give an item."""

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services import errors, runs
from services.database.tables.runs import Run
from services.database.tables.sources import Source, SourceRun
from services.deliveries import Nudge

SYNC = "sync"
SYNC_TASK = "ingestion.tasks.sync_source"
TEST_ITEMS = 200
"""How many items a test looks at; a dry run looks at all."""


def request_sync(
    session: Session,
    source: Source,
    *,
    requested_by: str | None,
    is_dry: bool = False,
    limit: int | None = None,
    allow_removals: bool = False,
    nudge: Nudge | None = None,
) -> Run:
    """One run on the source; errors.Conflict while another is open, or where nothing was tested yet."""
    session.refresh(source, with_for_update=True)  # two requests at once take turns
    if runs.is_open(session, source.id):
        raise errors.Conflict("This source is being synced already; wait for its end or cancel it")
    if not is_dry and source.tested_at is None:
        raise errors.Conflict("Test the source first: the test lists what a sync would take")
    run = runs.request(
        session,
        SYNC,
        source.id,
        requested_by=requested_by,
        lane=f"sync:{source.id}",
        nudge=nudge,
        payload={
            "dry": is_dry,
            "limit": limit,
            "allow_removals": allow_removals,
            "place": place_digest(source),
        },
    )
    session.add(SourceRun(run_id=run.id, source_id=source.id, is_dry=is_dry))
    session.flush()
    return run


def request_due(session: Session) -> Sequence[str]:
    """Ask for a sync of every source whose time has come; returns the runs' ids."""
    moment = runs.database_now(session)
    newest = dict(
        session.execute(
            select(SourceRun.source_id, func.max(Run.created_at))
            .join(Run, Run.id == SourceRun.run_id)
            .where(SourceRun.is_dry.is_(False))
            .group_by(SourceRun.source_id)
        ).all()
    )
    timed = select(Source).where(Source.every_s > 0, ~Source.is_paused, Source.tested_at.is_not(None))
    due = [
        source
        for source in session.scalars(timed)
        if source.id not in newest or newest[source.id] + timedelta(seconds=source.every_s) <= moment
    ]
    return [
        request_sync(session, source, requested_by=None).id
        for source in due
        if not runs.is_open(session, source.id)
    ]


def place_digest(source: Source) -> str:
    """Changes whenever the source points elsewhere, so that a test of the old place counts no more."""
    place: list[Any] = [source.kind, source.options, source.secrets]
    return hashlib.sha256(json.dumps(place, sort_keys=True).encode()).hexdigest()


def readers_of(rules: Sequence[dict[str, Any]], key: str) -> list[str] | None:
    """The groups that the rule of the longest prefix narrows this item to; None where no rule is about it."""
    fitting = [rule for rule in rules if _is_below(key, rule["prefix"])]
    if not fitting:
        return None
    groups: list[str] = max(fitting, key=lambda rule: len(rule["prefix"]))["group_ids"]
    return groups


def _is_below(key: str, prefix: str) -> bool:
    """`hr` holds `hr/leave.md` and not `hrx/leave.md`."""
    bare = prefix.strip("/")
    return not bare or key == bare or key.startswith(f"{bare}/")
