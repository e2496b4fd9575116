"""When a check is due that nobody asked for."""

from datetime import UTC, datetime, timedelta

import pytest

from services.evaluation.drift import schedule
from services.evaluation.drift.schedule import Due, Standing
from services.settings import Drift

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SCHEDULED_IDLE, IN_THE_HOUR = Due("scheduled", when_idle=True), Due("scheduled", when_idle=False)
ON_START = Due("on-start", when_idle=True)


def standing(*, recorded: datetime | None = NOON - 48 * HOUR, checked: datetime | None = None) -> Standing:
    return Standing(started_at=NOON - HOUR, recorded_at=recorded, checked_at=checked)


@pytest.mark.parametrize(
    ("settings", "found", "expected"),
    [
        (Drift(), standing(), None),
        (Drift(on_start=True, every_hours=1), standing(recorded=None), None),
        (Drift(on_start=True), standing(), ON_START),
        (Drift(on_start=True), standing(checked=NOON - 2 * HOUR), ON_START),
        (Drift(on_start=True), standing(checked=NOON - HOUR / 2), None),
        (Drift(every_hours=6), standing(checked=NOON - 5 * HOUR), None),
        (Drift(every_hours=6), standing(checked=NOON - 6 * HOUR), SCHEDULED_IDLE),
        (Drift(every_hours=6), standing(recorded=NOON - HOUR, checked=NOON - 9 * HOUR), None),
        (Drift(at_hour=13), standing(checked=NOON - HOUR), None),
        (Drift(at_hour=12), standing(checked=NOON - HOUR), IN_THE_HOUR),
        (Drift(at_hour=12), standing(checked=NOON), None),
        (Drift(at_hour=11), standing(checked=NOON - 20 * HOUR), SCHEDULED_IDLE),
        (Drift(at_hour=12, every_hours=100), standing(checked=NOON - HOUR), IN_THE_HOUR),
    ],
)
def test_due(settings, found, expected):
    assert schedule.due(settings, found, NOON) == expected


def test_next_is_the_earlier_of_hour_and_interval():
    found = standing(checked=NOON)
    assert schedule.next_at(Drift(at_hour=3), found) == NOON + 15 * HOUR
    assert schedule.next_at(Drift(at_hour=3, every_hours=6), found) == NOON + 6 * HOUR
    assert schedule.next_at(Drift(), found) is None
    assert schedule.next_at(Drift(every_hours=6), standing(recorded=None, checked=NOON)) is None
