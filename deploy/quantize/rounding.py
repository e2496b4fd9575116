"""Rounding to a grid, as every method here does in the end; pure functions on tensors.

    s = (max - min) / (2^b - 1),  z = round(-min / s),  w_q = clamp(round(w / s) + z, 0, 2^b - 1)
    w ~ s * (w_q - z)

Asymmetric grids have a zero point z; symmetric ones fix it: z = 2^(b-1), s = max|w| / (2^(b-1) - 1/2).
Source: Jacob et al. 2018 (arXiv 1712.05877), eq. 1; Nagel et al. 2021 (arXiv 2106.08295), section 2.
One scale for a whole tensor is uniform quantization; one for each group of a row is not, over the tensor.
"""

import torch

PER_TENSOR, PER_CHANNEL = 0, -1


def grid(rows: torch.Tensor, bits: int, *, is_symmetric: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Scale and zero point of each row of `rows`."""
    steps = 2**bits - 1
    if is_symmetric:
        scale = rows.abs().amax(1, keepdim=True) / (steps / 2)
        return _never_zero(scale), torch.full_like(scale, 2 ** (bits - 1))
    low, high = rows.amin(1, keepdim=True).clamp(max=0), rows.amax(1, keepdim=True).clamp(min=0)
    scale = _never_zero((high - low) / steps)
    return scale, torch.round(-low / scale)


def _never_zero(scale: torch.Tensor) -> torch.Tensor:
    return torch.where(scale == 0, torch.ones_like(scale), scale)


def round_to_nearest(weight: torch.Tensor, bits: int, group_size: int, *, is_symmetric: bool) -> torch.Tensor:
    """The weights as they come back from the grid; `group_size` 0 is per tensor, -1 per output channel."""
    rows = _grouped(weight.float(), group_size)
    scale, zero = grid(rows, bits, is_symmetric=is_symmetric)
    levels = torch.clamp(torch.round(rows / scale) + zero, 0, 2**bits - 1)
    return (scale * (levels - zero)).reshape(weight.shape)


def _grouped(weight: torch.Tensor, group_size: int) -> torch.Tensor:
    if group_size == PER_TENSOR:
        return weight.reshape(1, -1)
    if group_size == PER_CHANNEL:
        return weight
    if weight.shape[1] % group_size:
        raise ValueError(f"groups of {group_size} do not divide rows of {weight.shape[1]}")
    return weight.reshape(-1, group_size)


def output_error(weight: torch.Tensor, rounded: torch.Tensor, gram: torch.Tensor) -> float:
    """Share of a layer's output that rounding changes: |(W - W_q) X|^2 / |W X|^2, with gram = X X^T.

    The Gram matrix stands for all calibration inputs at once, so each layer is judged alone without a
    further pass (the objective of Frantar et al. 2022, arXiv 2210.17323, eq. 1, made relative).
    """
    changed, whole = (weight.float() - rounded.float()), weight.float()
    lost = torch.einsum("oi,ij,oj->", changed, gram, changed)
    return float(lost / torch.einsum("oi,ij,oj->", whole, gram, whole).clamp(min=1e-30))
