"""The exponent of a quantity's growth."""

import math

from tests.benchmarks import growth

SIZES = (10_000, 100_000, 1_000_000)


def rows(of):
    return {size: dict.fromkeys(growth.OF, of(size)) for size in SIZES}


def test_the_exponent_tells_how_it_grows():
    assert round(growth.exponent(rows(lambda size: size / 1000), "upkeep_s"), 6) == 1.0
    assert round(growth.exponent(rows(lambda _size: 7.0), "listing_ms"), 6) == 0.0
    assert round(growth.exponent(rows(lambda size: 3 * size**0.5), "retrieval_ms"), 6) == 0.5


def test_one_size_has_no_exponent():
    assert math.isnan(growth.exponent({10_000: {"claims_ms": 1.0}}, "claims_ms"))


def test_every_quantity_has_a_figure_for_each_size_and_its_exponent():
    names = {one.name for one in growth.figures_of(rows(lambda size: size / 1000))}
    assert len(names) == len(growth.OF) * (len(SIZES) + 1)
    assert {"growth_retrieval_ms_1m", "growth_retrieval_exponent", "growth_rebuild_s_10k"} <= names
