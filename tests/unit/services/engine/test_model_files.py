import pytest

from services.engine import model_files

AWQ = {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True}
GPTQ = {"quant_method": "gptq", "bits": 8, "group_size": 32, "sym": True}


def group(bits: int, **more: object) -> dict:
    weights = {"num_bits": bits, "group_size": 64, "symmetric": True}
    return {"weights": weights, "input_activations": None, **more}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, ("none", 16, 0, None, None)),
        ({"dtype": "float32"}, ("none", 32, 0, None, None)),
        ({"quantization_config": AWQ}, ("awq", 4, 128, False, None)),
        ({"quantization_config": GPTQ}, ("gptq", 8, 32, True, None)),
        ({"quantization_config": {"quant_method": "fp8"}}, ("fp8", 8, 0, None, None)),
        (
            {"quantization_config": {"config_groups": {"a": group(4)}}},
            ("compressed-tensors", 4, 64, True, None),
        ),
        (
            {"quantization_config": {"config_groups": {"a": group(4), "b": group(8)}}},
            ("mixed 4+8", 4, 64, True, None),
        ),
        (
            {"quantization_config": {"config_groups": {"a": group(8, input_activations={"num_bits": 8})}}},
            ("compressed-tensors", 8, 64, True, 8),
        ),
    ],
)
def test_reads_every_vendors_way_to_say_how_weights_are_quantized(config: dict, expected: tuple) -> None:
    found = model_files.read_quantization(config, "acme/tiny")
    assert (
        found.method,
        found.bits,
        found.group_size,
        found.symmetric,
        found.activation_bits,
    ) == expected


@pytest.mark.parametrize(
    ("repository", "is_labelled"),
    [("google/gemma-3-1b-it-qat-int4-unquantized", True), ("acme/tiny_QAT", True), ("acme/qatar-7b", False)],
)
def test_a_checkpoint_trained_quantized_is_labelled(repository: str, is_labelled: bool) -> None:
    label = model_files.read_quantization({}, repository).label
    assert (label == model_files.TRAINED_QUANTIZED) is is_labelled


def test_the_context_is_bounded_unless_asked_for() -> None:
    assert model_files.longest_context({"text_config": {"max_position_embeddings": 131072}}) == 131072
    assert model_files.longest_context({}) == model_files.MOST_CONTEXT
