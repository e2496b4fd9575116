from dataclasses import replace
from pathlib import Path

import pytest

from services import errors
from services.engine import cards, facts, memory, planning
from services.engine.memory import PRECISIONS, Device, Wanted
from services.engine.planning import Prices, Subject, Usage, Weights
from tests import small_models

SEVEN_B = {
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 32000,
}
L4 = cards.find("L4 24GB")
WANTED = Wanted(context=8192, concurrency=8, batched_tokens=8192)


@pytest.fixture
def subject() -> Subject:
    """Mistral 7B's shape: 7.0 thousand million in matrices, 0.26 in embeddings, in bf16."""
    weights = Weights(14_000_000_000, 524_288_000, 0, 600_000, 7_000_000_000, 262_444_000)
    return Subject(weights, memory.read_architecture(SEVEN_B), PRECISIONS["bf16"])


def test_a_7b_model_in_16_bits_leaves_an_l4_little_and_in_4_bits_much(subject: Subject) -> None:
    sixteen = planning.plan_for(subject, subject.form, WANTED, L4)
    four = planning.plan_for(subject, PRECISIONS["awq4"], WANTED, L4)
    assert not sixteen.fits
    assert four.fits
    assert four.sequences > 3 * sixteen.sequences


def test_every_suggestion_fits_and_changes_one_thing(subject: Subject) -> None:
    found = planning.nearest(subject, subject.form, WANTED, L4)
    assert {one.change.split()[0] for one in found} >= {"a", "weights"}
    for one in found:
        device = L4 if one.device == L4.name else cards.find(one.device.partition(" (")[0])
        assert planning.plan_for(subject, PRECISIONS[one.precision], one.wanted, device).fits
        changed = (one.wanted != WANTED, one.precision != "bf16", one.device != L4.name)
        assert sum(changed) == 1


def test_the_smallest_larger_card_is_suggested(subject: Subject) -> None:
    (card,) = (one for one in planning.nearest(subject, subject.form, WANTED, L4) if one.device != L4.name)
    smaller = [each for each in cards.read() if each.memory < 32]
    assert not any(planning._fits(subject, subject.form, WANTED, each.device) for each in smaller)
    assert "32" in card.device


def test_a_quantized_model_is_planned_as_it_is_only(subject: Subject) -> None:
    quantized = replace(subject, form=PRECISIONS["gptq4"])
    assert quantized.forms == [PRECISIONS["gptq4"]]
    with pytest.raises(errors.InvalidRequest, match="from its unquantized weights"):
        planning.plan_for(quantized, PRECISIONS["bf16"], WANTED, L4)


def test_a_form_without_a_kernel_is_refused(subject: Subject) -> None:
    with pytest.raises(errors.InvalidRequest, match=r"bf16 needs compute capability 8\.0"):
        planning.plan_for(subject, subject.form, WANTED, cards.find("T4"))


def test_the_curve_rises_with_batch_and_with_length(subject: Subject) -> None:
    points = {
        (one.batch, one.context): one for one in planning.curve(subject, PRECISIONS["gptq4"], WANTED, L4)
    }
    assert len(points) == len(planning.CURVE_BATCHES) * len(planning.CURVE_CONTEXTS)
    assert points[1, 1024].fits
    assert not points[64, 32768].fits
    assert points[1, 1024].needed < points[2, 1024].needed < points[2, 2048].needed


def test_a_folder_is_opened_from_headers_and_configuration(tmp_path: Path) -> None:
    opened = planning.open_model(small_models.write(tmp_path / "tiny"))
    assert (opened.form.name, opened.weights.total) == ("bf16", 256 * 64 * 2)
    assert planning.precision_named("own", opened) == opened.form


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        ("config.json", errors.NotFound),
        ("model.safetensors", errors.InvalidRequest),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, damage: str, error: type[Exception]) -> None:
    folder = small_models.write(tmp_path / "tiny")
    if damage == "config.json":
        (folder / damage).unlink()
    else:
        (folder / damage).write_bytes(b"nothing of the kind")
    with pytest.raises(error):
        planning.open_model(folder)


def test_an_unknown_precision_names_the_known_ones(subject: Subject) -> None:
    with pytest.raises(errors.InvalidRequest, match="awq4"):
        planning.precision_named("int3", subject)


def test_a_card_is_found_by_any_of_its_names() -> None:
    assert {cards.find(name).name for name in ("L4", "l4 24GB", "NVIDIA L4", "nvidia l4 24 gb")} == {L4.name}
    assert cards.find("L40S") != L4
    assert cards.find("cpu").capability is None
    with pytest.raises(errors.NotFound, match="A100"):
        cards.find("Voodoo 2")


def test_every_card_of_the_table_can_be_found_and_serves_something() -> None:
    for card in cards.read():
        assert cards.find(f"{card.name} {card.memory}GB").total == card.memory * 10**9
        assert "gptq" in card.device.kernels


def test_costs_are_compared_for_the_same_answers() -> None:
    """730 hours at 1.00; 3,000 tokens in at 2.50 and 300 out at 10.00 a million are 0.0105 an answer."""
    found = planning.cost(Usage(100_000, 3000, 300), Prices(1.0, 730, 500, 2.5, 10.0))
    assert found.card_per_month == 730
    assert found.card_per_answer == pytest.approx(0.0073)
    assert found.api_per_answer == pytest.approx(0.0105)
    assert found.api_per_month == pytest.approx(1050)
    assert found.cheaper_from == pytest.approx(69524, abs=1)
    assert found.capacity == 500 * 3600 * 730 // 300


def test_an_api_that_costs_nothing_is_never_dearer() -> None:
    assert planning.cost(Usage(1, 1, 1), Prices(1.0, 1, 1, 0, 0)).cheaper_from is None


METRICS = """# HELP vllm:cache_config_info Information of the LLMEngine CacheConfig
# TYPE vllm:cache_config_info gauge
vllm:cache_config_info{block_size="128",cache_dtype="auto",engine="0",num_gpu_blocks="364"} 1.0
"""
LOG = (
    "INFO 11-21 [gpu_model_runner.py] Model loading took 5.35 GiB and 12.3 seconds\n"
    "INFO 11-21 [kv_cache_utils.py] GPU KV cache size: 46,592 tokens, Maximum concurrency 11x\n"
)


def test_the_engines_figures_are_read_from_metrics_and_log() -> None:
    assert facts.from_metrics(METRICS).kv_tokens == 46592
    assert facts.from_log(LOG) == facts.EngineFacts(46592, 5.35)


@pytest.mark.parametrize("text", ["", METRICS.replace('"364"', '"None"'), "vllm:other 1.0"])
def test_figures_that_are_missing_are_none(text: str) -> None:
    assert facts.from_metrics(text) is None
    assert facts.from_log(text) is None


def test_the_error_is_a_share_of_the_engines_figure() -> None:
    assert facts.kv_error(95, facts.EngineFacts(100)) == pytest.approx(0.05)


def test_unknown_devices_have_no_kernels_below_the_oldest() -> None:
    assert Device("GTX 970", 4 * 10**9, 5.2).kernels == frozenset()
