"""What held-out text says of two forms of a model: perplexity, agreement, and how sure that is."""

from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Windows:
    """Per window: sum of negative log-likelihoods, tokens, and places where the original's choice is kept."""

    nll: tuple[float, ...]
    tokens: tuple[int, ...]
    same: tuple[int, ...]

    @property
    def perplexity(self) -> float:
        return float(np.exp(sum(self.nll) / sum(self.tokens)))

    @property
    def agreement(self) -> float:
        return sum(self.same) / sum(self.tokens)


@dataclass(frozen=True, slots=True)
class Rise:
    """How much perplexity rises, as a share of the original's, with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def is_shown(self) -> bool:
        """Whether the interval leaves no change out."""
        return not self.low <= 0 <= self.high


def rise(original: Windows, other: Windows, seed: int = 0) -> Rise:
    """Paired bootstrap over windows (Efron and Tibshirani 1993): both models read the very same ones."""
    draws = np.random.default_rng(seed)
    tokens = np.array(original.tokens)
    lost = np.array(other.nll) - np.array(original.nll)
    picked = draws.integers(0, len(tokens), (RESAMPLES, len(tokens)))
    rises = np.exp(lost[picked].sum(1) / tokens[picked].sum(1)) - 1
    low, high = np.quantile(rises, [0.025, 0.975])
    return Rise(float(np.exp(lost.sum() / tokens.sum()) - 1), float(low), float(high))
