import pytest
import torch

from deploy.quantize import sensitivity
from deploy.quantize.sensitivity import Sensitivity


class Block(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj = (torch.nn.Linear(16, 16, bias=False) for _ in range(3))
        self.o_proj = torch.nn.Linear(16, 16, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.o_proj(self.q_proj(x) + self.k_proj(x) + self.v_proj(x))


class Small(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = torch.nn.Embedding(32, 16)
        self.block, self.lm_head = Block(), torch.nn.Linear(16, 32, bias=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.lm_head(self.block(self.embed(ids)))


@pytest.fixture
def model() -> Small:
    torch.manual_seed(0)
    return Small()


def measured(model: Small) -> list[Sensitivity]:
    return sensitivity.measure(model, [[1, 2, 3, 4], [5, 6, 7]], 4, 8, is_symmetric=True)


def test_layers_that_the_engine_fuses_are_one_unit_and_the_head_is_left_out(model: Small) -> None:
    units = {one.unit: one for one in measured(model)}
    assert set(units) == {"block.qkv_proj", "block.o_proj"}
    assert units["block.qkv_proj"].layers == ("block.q_proj", "block.k_proj", "block.v_proj")
    assert units["block.qkv_proj"].values == 3 * 256


def test_the_layer_that_rounding_hurts_comes_first(model: Small) -> None:
    with torch.no_grad():
        model.block.o_proj.weight[:, ::8] *= 50  # one large weight in each group drowns the others
        model.embed.weight.clamp_(-1, 1)
    assert measured(model)[0].unit == "block.o_proj" or measured(model)[0].error > 0
    assert [one.error for one in measured(model)] == sorted(
        (one.error for one in measured(model)), reverse=True
    )


def test_nothing_of_the_model_is_changed_or_left_behind(model: Small) -> None:
    before = {name: value.clone() for name, value in model.state_dict().items()}
    measured(model)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not any(layer._forward_pre_hooks for layer in model.modules())


UNITS = [
    Sensitivity("a", 0.5, 1000, ("a",)),
    Sensitivity("b", 0.4, 100, ("b.q", "b.k")),
    Sensitivity("c", 0.01, 1000, ("c",)),
]


@pytest.mark.parametrize(
    ("budget", "kept"),
    [(0.0, []), (0.15, ["b.q", "b.k"]), (2.0, ["b.q", "b.k", "a"]), (9.0, ["b.q", "b.k", "a", "c"])],
)
def test_the_most_error_for_each_byte_is_spared_within_the_budget(budget: float, kept: list[str]) -> None:
    """16 bits instead of 4 cost 1.5 bytes a weight; all at 4 bits are 1,050 bytes."""
    assert sensitivity.suggest_kept(UNITS, 4, 16, budget) == kept
