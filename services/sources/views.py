"""Rows turned into wire shapes."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.database.tables.runs import Run
from services.database.tables.sources import Source, SourceItem, SourceRun, SourceRunItem
from services.identity.callers import Caller
from services.sources import queries
from services.sources.schemas import (
    ReaderRule,
    RunError,
    RunItemOut,
    SourceItemOut,
    SourceOut,
    SourceRunOut,
)


def source_views(session: Session, caller: Caller, sources: Sequence[Source]) -> list[SourceOut]:
    ids = [source.id for source in sources]
    counts, newest = queries.document_counts(session, ids), queries.newest_runs(session, ids)
    return [
        SourceOut(
            id=source.id,
            name=source.name,
            kind=source.kind,
            collection_id=source.collection_id,
            every_s=source.every_s,
            is_paused=source.is_paused,
            is_tested=source.tested_at is not None,
            documents=counts.get(source.id, 0),
            created_at=source.created_at,
            last_run=run_view(*newest[source.id]) if source.id in newest else None,
            options=source.options if caller.is_admin else None,
            secrets=source.secrets if caller.is_admin else None,
            readers=[ReaderRule(**rule) for rule in source.readers] if caller.is_admin else None,
        )
        for source in sources
    ]


def run_view(about: SourceRun, run: Run) -> SourceRunOut:
    return SourceRunOut(
        id=run.id,
        source_id=about.source_id,
        dry=about.is_dry,
        state=run.state,
        stage=run.stage,
        done=run.done,
        total=run.total,
        added=about.added,
        changed=about.changed,
        removed=about.removed,
        skipped=about.skipped,
        unchanged=about.unchanged,
        error=RunError(code=run.error_code, reason=run.error_reason) if run.error_code else None,
        created_at=run.created_at,
        finished_at=run.finished_at,
    )


def run_item_view(item: SourceRunItem) -> RunItemOut:
    return RunItemOut.model_validate(item, from_attributes=True)


def source_item_view(item: SourceItem) -> SourceItemOut:
    return SourceItemOut.model_validate(item, from_attributes=True)
