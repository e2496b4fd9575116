"""The plan against the literature's numbers, against formulas worked by hand, and against its own limits."""

from pathlib import Path

import pytest

from services.engine import memory
from services.engine.memory import GIB, PRECISIONS, Device, Wanted
from tests import small_models

LLAMA_70B = {
    "hidden_size": 8192,
    "intermediate_size": 28672,
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "vocab_size": 32000,
}
L4 = Device("L4 24GB", 24 * 10**9, 8.9)
T4 = Device("T4 16GB", 16 * 10**9, 7.5)
CPU = Device("this machine", 16 * GIB, None)


def llama_tensors(config: dict) -> dict:
    """The tensor table of a Llama of this shape in 16 bits."""
    hidden, inner, vocabulary = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    narrow = hidden // config["num_attention_heads"] * config["num_key_value_heads"]
    per_layer = {
        "self_attn.q_proj.weight": [hidden, hidden],
        "self_attn.k_proj.weight": [narrow, hidden],
        "self_attn.v_proj.weight": [narrow, hidden],
        "self_attn.o_proj.weight": [hidden, hidden],
        "mlp.gate_proj.weight": [inner, hidden],
        "mlp.up_proj.weight": [inner, hidden],
        "mlp.down_proj.weight": [hidden, inner],
        "input_layernorm.weight": [hidden],
        "post_attention_layernorm.weight": [hidden],
    }
    shapes = {
        f"model.layers.{layer}.{name}": shape
        for layer in range(config["num_hidden_layers"])
        for name, shape in per_layer.items()
    }
    shapes |= {"model.embed_tokens.weight": [vocabulary, hidden], "lm_head.weight": [vocabulary, hidden]}
    return {name: {"shape": shape, "data_offsets": [0, 2 * product(shape)]} for name, shape in shapes.items()}


def product(shape: list[int]) -> int:
    return shape[0] * (shape[1] if len(shape) > 1 else 1)


def test_a_70b_model_takes_the_literatures_140_gb_in_16_bits_and_35_to_40_in_4() -> None:
    weights = memory.count_weights(llama_tensors(LLAMA_70B))
    assert weights.total / 1e9 == pytest.approx(140, rel=0.02)
    assert memory.weights_at(weights, PRECISIONS["fp16"]) == pytest.approx(weights.total, rel=0.001)
    for name in ("gptq4", "awq4"):
        assert 35 <= memory.weights_at(weights, PRECISIONS[name]) / 1e9 <= 40


def test_the_forms_of_one_model_take_what_their_widths_say() -> None:
    weights = memory.count_weights(llama_tensors(LLAMA_70B))
    sizes = {name: memory.weights_at(weights, each) for name, each in PRECISIONS.items()}
    assert sizes["fp32"] == 2 * sizes["fp16"]
    assert sizes["w8a8"] < sizes["gptq8"] < sizes["fp16"]
    assert sizes["gptq4"] < sizes["awq4"] < sizes["w8a8"]


def test_a_groups_overhead_is_a_scale_and_half_a_byte_of_zero_point() -> None:
    assert memory.group_overhead(1280, PRECISIONS["gptq4"]) == 10 * 2
    assert memory.group_overhead(1280, PRECISIONS["awq4"]) == 10 * 2 + 5
    assert memory.group_overhead(1280, PRECISIONS["bf16"]) == 0


def test_keys_and_values_are_counted_by_the_heads_that_hold_them() -> None:
    """Llama-2 70B: 2 x 80 layers x 8 heads x 128 x 2 bytes = 327,680 bytes a token, an eighth of 64's."""
    grouped = memory.read_architecture(LLAMA_70B)
    every = memory.read_architecture(LLAMA_70B | {"num_key_value_heads": 64})
    assert memory.kv_bytes(grouped, 1, 16) == 327_680
    assert memory.kv_bytes(every, 1, 16) == 8 * 327_680
    assert memory.kv_bytes(grouped, 1, 8) == 327_680 // 2


@pytest.mark.parametrize(
    ("config", "whole_layers"),
    [
        ({"sliding_window": 1024}, 0),
        ({"sliding_window": None}, 4),
        ({"sliding_window": 1024, "use_sliding_window": False}, 4),
        ({"sliding_window": 1024, "use_sliding_window": True, "max_window_layers": 3}, 3),
        ({"sliding_window": 1024, "sliding_window_pattern": 2}, 2),
        ({"sliding_window": 1024, "layer_types": ["sliding_attention"] * 3 + ["full_attention"]}, 1),
    ],
)
def test_a_layer_with_a_window_keeps_its_window_only(config: dict, whole_layers: int) -> None:
    model = memory.read_architecture(small_models.CONFIG | {"num_hidden_layers": 4} | config)
    one_layer = memory.kv_bytes(model, 1, 16) // 4
    expected = whole_layers * 8000 + (4 - whole_layers) * 1024
    assert memory.kv_bytes(model, 8000, 16) == expected * one_layer


def test_whole_blocks_are_counted() -> None:
    model = memory.read_architecture(small_models.CONFIG)
    assert memory.kv_bytes(model, 1, 16, block=16) == memory.kv_bytes(model, 16, 16)


@pytest.mark.parametrize("key", ["kv_lora_rank", "num_experts"])
def test_what_the_formulas_do_not_describe_is_not_planned(key: str) -> None:
    with pytest.raises(memory.CannotPlan, match=key):
        memory.read_architecture(small_models.CONFIG | {key: 512})


def test_weights_are_read_from_headers_of_all_files(tmp_path: Path) -> None:
    tensors = {
        "model.embed_tokens.weight": ("BF16", [256, 64]),
        "model.layers.0.mlp.up_proj.weight_packed": ("I32", [128, 8]),
        "model.layers.0.mlp.up_proj.weight_scale": ("BF16", [128, 1]),
        "model.layers.0.input_layernorm.weight": ("BF16", [64]),
    }
    for number, (name, tensor) in enumerate(tensors.items()):
        path = tmp_path / f"model-{number}.safetensors"
        path.write_bytes(small_models.safetensors({name: tensor}))
    found = memory.read_weights(tmp_path)
    assert (found.embeddings, found.linear, found.overhead, found.other) == (32768, 4096, 256, 128)
    assert found.total == 32768 + 4096 + 256 + 128


@pytest.mark.parametrize("damage", [b"", b"\xff" * 8, b"\x02" + bytes(7) + b"{}" + b"more"])
def test_what_is_no_safetensors_file_is_refused(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(damage)
    with pytest.raises(ValueError, match="safetensors"):
        memory.read_weights(tmp_path)


def plan(device: Device, **wanted: object) -> memory.Plan:
    asked = {"context": 4096, "concurrency": 8, "batched_tokens": 2048} | wanted
    model = memory.read_architecture(LLAMA_70B | {"num_hidden_layers": 32, "hidden_size": 4096})
    return memory.make_plan(8 * 10**9, model, Wanted(**asked), device)


def test_a_card_gives_the_kv_cache_what_is_left() -> None:
    made = plan(L4)
    left = int(24e9 * 0.9) - 8 * 10**9 - made.activations - made.overhead
    assert made.kv_available == left
    assert made.fits
    assert made.sequences == left // made.kv_per_sequence
    assert not plan(L4, concurrency=made.sequences + 1).fits


def test_a_cpus_kv_space_is_what_was_set_aside() -> None:
    made = plan(CPU, kv_space=GIB, concurrency=1)
    assert made.kv_available == GIB
    assert made.kv_tokens == GIB // (128 * made.kv_per_sequence // 4096) * 128


def test_weights_that_are_too_large_leave_no_room_for_keys_and_values() -> None:
    made = plan(Device("small", 6 * 10**9, 8.6))
    assert (made.fits, made.kv_available, made.kv_tokens, made.sequences) == (False, 0, 0, 0)


def test_graphs_cost_memory_that_eager_mode_saves() -> None:
    assert plan(L4).overhead - plan(L4, is_eager=True).overhead == memory.CUDA_GRAPHS


@pytest.mark.parametrize(
    ("name", "device", "is_served"),
    [
        ("bf16", T4, False),
        ("fp16", T4, True),
        ("awq4", T4, True),
        ("awq4", Device("V100", 16 * 10**9, 7.0), False),
        ("gptq4", Device("V100", 16 * 10**9, 7.0), True),
        ("fp8", L4, True),
        ("fp8", Device("A100", 80 * 10**9, 8.0), False),
        ("w8a8", Device("B200", 180 * 10**9, 10.0), False),
        ("fp8", CPU, False),
        ("gptq4", CPU, True),
        ("gptq8", CPU, False),
        ("w8a8", CPU, True),
    ],
)
def test_a_form_without_a_kernel_on_the_card_is_refused(name: str, device: Device, is_served: bool) -> None:
    told = memory.missing_kernel(PRECISIONS[name], device)
    assert (told is None) is is_served
    assert is_served or name in told


@pytest.mark.parametrize(
    ("config", "bits", "name"),
    [
        ({}, {16, 32}, "bf16"),
        ({"dtype": "float32"}, {16, 32}, "fp32"),
        ({"torch_dtype": "torch.float16"}, {16, 32}, "fp16"),
        ({"quantization_config": {"quant_method": "awq"}}, {4}, "awq4"),
        ({"quantization_config": {"quant_method": "fp8"}}, {8}, "fp8"),
        ({"quantization_config": {"quant_method": "gptq"}}, {8}, "gptq8"),
        ({"quantization_config": {"config_groups": {"a": {"weights": {}}}}}, {4}, "gptq4"),
        (
            {"quantization_config": {"config_groups": {"a": {"weights": {}, "input_activations": {"n": 8}}}}},
            {8},
            "w8a8",
        ),
    ],
)
def test_the_form_of_the_weights_is_read_from_the_configuration(config: dict, bits: set, name: str) -> None:
    assert memory.precision_of(config, bits).name == name


def test_the_longest_context_that_fits_is_found() -> None:
    model = memory.read_architecture(LLAMA_70B | {"num_hidden_layers": 32, "hidden_size": 4096})
    wanted = Wanted(context=1_000_000, concurrency=4, batched_tokens=2048)
    longest = memory.longest_context(8 * 10**9, model, wanted, L4)
    assert longest % memory.CONTEXT_STEP == 0
    assert plan(L4, context=longest, concurrency=4).fits
    assert not plan(L4, context=longest + memory.CONTEXT_STEP, concurrency=4).fits


def test_cards_are_read_from_the_drivers_listing() -> None:
    listing = "NVIDIA L4, 23034, 8.9\nGRID [N/A], [N/A], 8.0\n"
    assert memory.read_cards(listing) == [Device("NVIDIA L4", 23034 * 2**20, 8.9)]


@pytest.mark.parametrize(("limit", "expected"), [("max", 4096), ("3072000", 2072000), (None, 4096)])
def test_a_containers_limit_is_what_counts(tmp_path: Path, limit: str | None, expected: int) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable: 4096 kB\n")
    if limit:
        (tmp_path / "memory.max").write_text(limit)
        (tmp_path / "memory.current").write_text("1000000")
    found = memory.this_machine(tmp_path / "meminfo", tmp_path)
    assert found.total == (expected if limit == "3072000" else expected * 1024)
