"""What the database says of queue, library and parts, read when Prometheus asks and never more often.

Every replica of the api reports the same numbers: take their `max`, not their sum.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services import errors, metrics, runs
from services.database.session import Transactions
from services.database.tables.drift import DRIFTED, EXACT, TOLERATED, DriftCheck
from services.database.tables.library import Document, Purge, Version
from services.database.tables.runs import DONE, WAITING, Run
from services.resources import Resources

log = logging.getLogger(__name__)


class LibraryCollector(Collector):
    """Gauges from SQL; while it is down they are absent, and `holdfast_database_up` is 0."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def describe(self) -> Iterable[Metric]:
        return []  # registering must not ask the database

    def collect(self) -> Iterable[Metric]:
        is_up = GaugeMetricFamily("holdfast_database_up", "1 while SQL answers", value=1)
        try:
            with self._transactions.read() as session:
                yield from [*_runs(session), _oldest_waiting(session), *_library(session), _drift(session)]
        except errors.DatabaseUnavailable:
            is_up = GaugeMetricFamily("holdfast_database_up", "1 while SQL answers", value=0)
        yield is_up


def _runs(session: Session) -> Iterator[Metric]:
    """Open and failed runs by kind and state; those that are done would only ever grow."""
    family = GaugeMetricFamily("holdfast_runs", "Runs not done, by state", labels=["kind", "state"])
    counted = select(Run.kind, Run.state, func.count()).where(Run.state != DONE).group_by(Run.kind, Run.state)
    for kind, state, count in session.execute(counted):
        family.add_metric([kind, state], count)
    yield family


def _oldest_waiting(session: Session) -> Metric:
    oldest = session.scalar(select(func.min(Run.created_at)).where(Run.state == WAITING))
    return GaugeMetricFamily(
        "holdfast_run_oldest_waiting_seconds",
        "Age of the run that has waited longest",
        value=_age_s(session, oldest),
    )


def _age_s(session: Session, moment: datetime | None) -> float:
    return max(0.0, (runs.database_now(session) - moment).total_seconds()) if moment else 0.0


def _library(session: Session) -> Iterator[Metric]:
    versions = GaugeMetricFamily("holdfast_versions", "Versions of living documents", labels=["state"])
    counted = (
        select(Version.state, func.count())
        .join(Document, Document.id == Version.document_id)
        .where(Document.deleted_at.is_(None))
        .group_by(Version.state)
    )
    for state, count in session.execute(counted):
        versions.add_metric([state], count)
    yield versions
    pending = session.scalar(select(func.count()).select_from(Purge).where(Purge.done_at.is_(None)))
    yield GaugeMetricFamily("holdfast_purges_pending", "Removed versions still to be purged", value=pending)


def _drift(session: Session) -> Metric:
    """The newest check of the canaries; no sample while there was none."""
    family = GaugeMetricFamily(
        "holdfast_drift",
        "What the newest drift check found: 0 exact, 1 within tolerance, 2 drifted",
        labels=["part"],
    )
    newest = select(DriftCheck.parts).order_by(DriftCheck.checked_at.desc(), DriftCheck.id).limit(1)
    for part, state in (session.scalar(newest) or {}).items():
        family.add_metric([part], (EXACT, TOLERATED, DRIFTED).index(state))
    return family


@contextmanager
def reporting(resources: Resources) -> Iterator[None]:
    """Report the library, and the release being served, while the block runs."""
    collector = LibraryCollector(resources.transactions)
    metrics.RELEASE.labels(resources.lock.release_id, resources.lock.generator.served_name).set(1)
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)
