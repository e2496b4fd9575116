"""The table of forms: ratios, and claims that are said to be missed where they are."""

from pathlib import Path

import pytest

from services.engine import fidelity
from services.engine.fidelity import Windows
from tests.benchmarks import energy, model_table
from tests.benchmarks.engine_speed import Speed
from tests.benchmarks.keeping import Shelf
from tests.benchmarks.model_forms import Form
from tests.benchmarks.model_items import Item

ITEMS = tuple(Item("entities", str(number), all=("yes",)) for number in range(12))
SIZES = {"fp32": 400, "bf16": 200, "w8a8": 120, "rtn4": 90, "gptq4": 90, "awq4": 90, "mixed4": 110}
LOST = {"fp32": 0.0, "bf16": 0.0, "w8a8": 0.01, "rtn4": 0.2, "gptq4": 0.05, "awq4": 0.08, "mixed4": 0.02}


def speed(tokens_per_s: float, joules: float | None = None) -> Speed:
    return Speed((0.5, 0.5, 0.5), (tokens_per_s,) * 3, 300, joules)


def form(name: str, **other) -> Form:
    windows = Windows(tuple(100.0 + number + LOST[name] * 50 for number in range(8)), (50,) * 8, (49,) * 8)
    original = Windows(tuple(100.0 + number for number in range(8)), (50,) * 8, (50,) * 8)
    size = SIZES[name]
    given = {"said": ("yes",) * 12, "speed": speed(30.0 if name == "gptq4" else 20.0)} | other
    return Form(name, Path(name), size, size - 40, 10, windows, fidelity.rise(original, windows), **given)


@pytest.fixture
def forms() -> list[Form]:
    return [form(name) for name in SIZES]


def test_every_named_figure_is_there(forms):
    found = {figure.name: figure for figure in model_table.figures_of(forms, ITEMS)}
    assert {name: figure.value for name, figure in found.items() if name != "ppl_rise_ratio_to_rtn"} == {
        "model_bytes_ratio_bf16": 0.45,
        "model_bytes_ratio_fp32": 0.225,
        "linear_weight_bytes_ratio": 0.3125,
        "q4_tokens_per_s_ratio": 1.5,
        "q8_tokens_per_s_ratio": 1.0,
        "q4_accuracy_kept": 1.0,
    }
    assert found["linear_weight_bytes_ratio"].meets_target is False
    assert 0 < found["ppl_rise_ratio_to_rtn"].value < 0.5
    assert found["ppl_rise_ratio_to_rtn"].target == "≤ 0.5"


def test_claims_are_reached_or_missed_as_measured(forms):
    told = model_table.claims_of(forms, ITEMS)
    assert "| 75 % smaller (whole file, against fp32) | 77.5% smaller | reached |" in told
    assert "| 75 % smaller (whole file, against bf16) | 55.0% smaller | missed |" in told
    assert "tokens/s +50%" in told
    assert "| 30 % less energy | not measurable here |  |" in told


def test_a_share_that_few_items_do_not_decide_is_not_called_reached(forms):
    worse = [form(one.name, said=("yes",) * 11 + ("no",)) if one.name == "gptq4" else one for one in forms]
    told = model_table.claims_of(worse, ITEMS)
    assert "| over 95% of capability kept (4 bits) | 91.7% kept" in told
    assert "not decided by so few items" in told


def test_energy_is_told_where_the_machine_counts_it(forms):
    counted = {"bf16": 300.0, "gptq4": 150.0}
    with_energy = [
        form(one.name, speed=speed(20.0, counted[one.name])) if one.name in counted else one for one in forms
    ]
    assert "| 30 % less energy | 50% less per 1,000 tokens | reached |" in model_table.claims_of(
        with_energy, ITEMS
    )
    assert "| 500 J |" in model_table.table_of(with_energy, ITEMS)


def test_a_form_that_is_not_served_says_why(forms):
    refused = form("awq4", said=(), speed=None, refused="not served by vLLM on a processor: no kernel")
    rows = model_table.table_of([one for one in forms if one.name != "awq4"] + [refused], ITEMS)
    assert rows.splitlines()[-1].count("no kernel") == 6


def test_counters_are_summed_and_a_restarted_one_is_not_believed(tmp_path):
    assert energy.joules(tmp_path) is None
    for number, value in enumerate((1_000_000, 500_000)):
        (tmp_path / f"intel-rapl:{number}").mkdir()
        (tmp_path / f"intel-rapl:{number}" / "energy_uj").write_text(f"{value}\n")
    assert energy.joules(tmp_path) == 1.5
    assert energy.used(1.0, 3.0) == 2.0
    assert energy.used(3.0, 1.0) is None
    assert energy.used(None, 1.0) is None


def test_what_was_measured_is_not_measured_again(tmp_path):
    shelf, made = Shelf(tmp_path / "kept"), []

    def measure() -> list[int]:
        made.append(1)
        return [len(made)]

    assert shelf.value(["one"], measure) == ([1], False)
    assert shelf.value(["one"], measure) == ([1], True)
    assert shelf.value(["other"], measure) == ([2], False)


def test_nothing_is_kept_of_a_measurement_that_broke_off(tmp_path):
    shelf = Shelf(tmp_path)

    def break_off() -> int:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        shelf.value(["one"], break_off)
    assert shelf.value(["one"], lambda: 3) == (3, False)
