"""On the path of a worker, this sets its clock off by CHAOS_CLOCK_SKEW_S; nobody else's is touched.

Python reads it before anything else, so whatever asks for the time in this process hears the wrong one.
"""

import datetime as dates
import os
import time

SKEW_S = float(os.environ.get("CHAOS_CLOCK_SKEW_S", "0"))  # noqa: TID251  (before there are settings)
SKEW = dates.timedelta(seconds=SKEW_S)
true_time, true_time_ns, true_datetime = time.time, time.time_ns, dates.datetime


class _OfAllDates(type):
    """What was made before, or in C, is a date as well."""

    def __instancecheck__(cls, one: object) -> bool:
        return isinstance(one, true_datetime)


class _Skewed(true_datetime, metaclass=_OfAllDates):
    @classmethod
    def now(cls, tz: dates.tzinfo | None = None) -> dates.datetime:  # type: ignore[override]
        return true_datetime.now(tz) + SKEW


if SKEW_S:
    _Skewed.__name__ = _Skewed.__qualname__ = "datetime"
    _Skewed.__module__ = "datetime"
    time.time = lambda: true_time() + SKEW_S
    time.time_ns = lambda: true_time_ns() + int(SKEW_S * 1e9)
    dates.datetime = _Skewed  # type: ignore[misc]
