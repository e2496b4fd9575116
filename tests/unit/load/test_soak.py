"""The line through what a process holds."""

import math

from tests.load.soak import Series, Worked, figures_of


def series(values):
    found = Series()
    for number, value in enumerate(values):
        held = dict.fromkeys(("rss_mib", "descriptors", "connections", "threads"), value)
        found.note(number * 2.0, {**held, "mib": value})
    return found


def test_what_grows_has_a_slope_and_what_stays_has_none():
    assert round(series([100 + number / 1800 for number in range(100)]).slope_per_h("threads"), 3) == 1.0
    assert abs(series([100] * 100).slope_per_h("threads")) < 1e-6


def test_the_warm_up_counts_for_nothing():
    assert abs(series([*range(25), *[25] * 75]).slope_per_h("rss_mib")) < 1e-6


def test_too_little_was_seen_to_say_anything():
    assert math.isnan(series([1, 2]).slope_per_h("rss_mib"))


def test_the_steepest_process_makes_the_figure():
    names = ("api", "worker", "upkeep", "disk")
    found = {name: series([100] * 100) for name in names}
    found["worker"] = series([100 + number / 18 for number in range(100)])
    figures = {one.name: one for one in figures_of(found, Worked(), 60)}
    assert figures["soak_rss_slope_pct_per_h"].meets_target is False
    assert figures["soak_wrong_replies"].meets_target
