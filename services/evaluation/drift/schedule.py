"""When a check is due that nobody asked for. Pure; all times are UTC."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.database.tables.drift import ON_START, SCHEDULED
from services.settings import Drift


@dataclass(frozen=True, slots=True)
class Standing:
    """What was recorded and checked of the running release; None for never."""

    started_at: datetime
    recorded_at: datetime | None
    checked_at: datetime | None

    @property
    def last(self) -> datetime | None:
        """What the schedule counts from."""
        known = [moment for moment in (self.recorded_at, self.checked_at) if moment]
        return max(known, default=None)


@dataclass(frozen=True, slots=True)
class Due:
    """A check that is due: what it is begun by, and whether it waits until the engine is idle."""

    begun_by: str
    when_idle: bool


def due(settings: Drift, standing: Standing, moment: datetime) -> Due | None:
    """None while nothing is due; a release of which nothing was recorded is never due."""
    if standing.recorded_at is None:
        return None
    if settings.on_start and not _is_since(standing.checked_at, standing.started_at):
        return Due(ON_START, when_idle=True)
    following = next_at(settings, standing)
    if following is None or moment < following:
        return None
    is_hour = settings.at_hour is not None and moment.hour == settings.at_hour
    return Due(SCHEDULED, when_idle=not is_hour)


def _is_since(moment: datetime | None, started_at: datetime) -> bool:
    return moment is not None and moment >= started_at


def next_at(settings: Drift, standing: Standing) -> datetime | None:
    """When the schedule's next check is due; None where there is no schedule or nothing recorded."""
    last = standing.last
    if standing.recorded_at is None or last is None:
        return None
    found = []
    if settings.every_hours:
        found.append(last + timedelta(hours=settings.every_hours))
    if settings.at_hour is not None:
        found.append(_next_hour(last, settings.at_hour))
    return min(found, default=None)


def _next_hour(last: datetime, hour: int) -> datetime:
    """The first beginning of that hour after `last`."""
    today = last.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today > last else today + timedelta(days=1)
