import pytest
import torch

from deploy.quantize import rounding


def weights(rows: int = 4, columns: int = 64) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("group_size", [rounding.PER_TENSOR, rounding.PER_CHANNEL, 16])
@pytest.mark.parametrize("is_symmetric", [True, False])
@pytest.mark.parametrize("bits", [4, 8])
def test_no_weight_moves_by_more_than_half_a_step(bits: int, group_size: int, is_symmetric: bool) -> None:
    weight = weights()
    rounded = rounding.round_to_nearest(weight, bits, group_size, is_symmetric=is_symmetric)
    rows = rounding._grouped(weight, group_size)
    scale, _ = rounding.grid(rows, bits, is_symmetric=is_symmetric)
    # One end of a grid with a zero point on it lies up to a step further out.
    assert ((rounded - weight).reshape(rows.shape).abs() <= scale * 1.001).all()
    assert ((rounded - weight).reshape(rows.shape).abs() <= scale * 0.501).float().mean() > 0.95


def test_a_row_has_as_many_values_as_its_bits_allow() -> None:
    rounded = rounding.round_to_nearest(weights(1, 4096), 4, rounding.PER_CHANNEL, is_symmetric=False)
    assert len(rounded.unique()) == 16


def test_what_lies_on_the_grid_stays() -> None:
    weight = torch.arange(16.0).reshape(1, 16) - 5
    rounded = rounding.round_to_nearest(weight, 4, rounding.PER_CHANNEL, is_symmetric=False)
    torch.testing.assert_close(rounded, weight)


def test_zeros_stay_zeros() -> None:
    assert not rounding.round_to_nearest(torch.zeros(2, 8), 4, 4, is_symmetric=False).any()


def test_scales_for_groups_lose_less_than_one_scale_for_all() -> None:
    weight = weights() * torch.logspace(-2, 1, 64)
    lost = {
        size: (rounding.round_to_nearest(weight, 4, size, is_symmetric=True) - weight).square().sum()
        for size in (rounding.PER_TENSOR, rounding.PER_CHANNEL, 8)
    }
    assert lost[8] < lost[rounding.PER_CHANNEL] < lost[rounding.PER_TENSOR]


def test_groups_must_divide_a_row() -> None:
    with pytest.raises(ValueError, match="do not divide"):
        rounding.round_to_nearest(weights(1, 10), 4, 4, is_symmetric=True)


def test_the_output_error_is_what_the_layer_would_give() -> None:
    weight, inputs = weights(), weights(32)
    rounded = rounding.round_to_nearest(weight, 4, 16, is_symmetric=True)
    direct = (inputs @ (weight - rounded).T).square().sum() / (inputs @ weight.T).square().sum()
    assert rounding.output_error(weight, rounded, inputs.T @ inputs) == pytest.approx(float(direct), rel=1e-3)
    assert rounding.output_error(weight, weight, inputs.T @ inputs) == 0
