import json
from dataclasses import asdict, replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from services.engine import launch, model_files, reports
from services.engine.model_store import ModelStore
from services.engine.orders import Recipe
from services.engine.reports import Report
from services.release import Lock
from tests import small_models

REPORT = Report(
    model="acme/<tiny>",
    label="restored from GGUF",
    recipe=asdict(Recipe("gptq", 4, 64, True, 8, 64, 7)),
    calibration="c" * 64,
    sensitivity=(("layers.1.qkv_proj", 0.02), ("layers.0.o_proj", 0.001)),
    kept=("layers.1.q_proj",),
    bytes_before=1000,
    bytes_after=300,
    linear_before=900,
    linear_after=250,
    kv_bytes_per_token=256,
    perplexity_before=10.0,
    perplexity_after=10.05,
    rise=0.005,
    rise_low=0.001,
    rise_high=0.009,
    agreement=0.95,
    held_out_tokens=4000,
)


@pytest.mark.parametrize(
    ("rise", "low", "high", "words", "is_bad"),
    [
        (0.005, 0.001, 0.009, "small loss", False),
        (0.02, 0.01, 0.03, "loss to weigh", False),
        (0.20, 0.10, 0.30, "large loss", True),
        (0.20, -0.10, 0.50, "No difference", False),
        (-0.01, -0.02, -0.005, "small loss", False),
    ],
)
def test_the_verdict_follows_the_interval(
    rise: float, low: float, high: float, words: str, is_bad: bool
) -> None:
    found = replace(REPORT, rise=rise, rise_low=low, rise_high=high)
    if rise >= 0:
        assert words in found.verdict
    assert found.is_bad is is_bad


def test_a_gain_is_not_called_a_loss() -> None:
    found = replace(REPORT, rise=-0.01, rise_low=-0.02, rise_high=-0.005)
    assert "loss" not in found.verdict


def test_a_bad_verdict_is_red_and_what_is_named_is_escaped() -> None:
    page = reports.as_html(replace(REPORT, rise=0.2, rise_low=0.1, rise_high=0.3))
    assert "#b00020" in page
    assert "acme/&lt;tiny&gt;" in page
    assert "script" not in page.lower()


def test_both_forms_tell_the_same_lines() -> None:
    for name, value in reports.rows(REPORT):
        assert f"| {name} | {value} |" in reports.as_markdown(REPORT)


def test_the_plot_is_one_svg_with_a_bar_for_each_unit() -> None:
    drawn = reports.sensitivity_plot(REPORT)
    tree = ElementTree.fromstring(drawn)  # noqa: S314  (drawn here)
    assert tree.tag.endswith("svg")
    assert drawn == reports.sensitivity_plot(REPORT)


def test_a_kept_model_names_its_report_by_digest(tmp_path: Path, lock: Lock) -> None:
    store = ModelStore(tmp_path)
    draft = small_models.write(store.draft("tiny"))
    generator = model_files.describe(draft, repository="acme/tiny", revision="1", license_name="mit")
    kept = reports.keep(store, draft, generator, REPORT)
    folder = store.report_folder(kept.folder)
    assert kept.quantization.report == launch.sha256_of(folder / "report.json")
    assert json.loads((folder / "report.json").read_text())["verdict"] == REPORT.verdict
    assert store.generator("tiny") == kept
    store.prune([lock])
    assert not folder.exists()
