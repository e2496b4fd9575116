"""What measuring the search says: the table, the gains with their intervals, the losses, the figures."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from tests.quality import figures
from tests.quality.figures import Figure

COMMAND = "make eval-retrieval"
Scores = Mapping[str, np.ndarray]
Table = Mapping[str, Scores]
YARDSTICK, OTHER_YARDSTICK, OWN_WORDS = "plain BM25", "vectors alone", "words alone"
SHOWN_LOSSES = 5


class Asked(Protocol):
    """The part of a measured question that a loss is told with."""

    text: str
    right: set[str]


class Set(Protocol):
    """The part of a measured set that is read here."""

    @property
    def questions(self) -> Sequence[Asked]: ...


def interval(differences: np.ndarray, draws: int = 2000) -> tuple[float, float]:
    """95 % bootstrap interval of the mean of paired differences."""
    chosen = np.random.default_rng(0).integers(0, len(differences), (draws, len(differences)))
    low, high = np.percentile(differences[chosen].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def print_table(table: Table, chosen_on: Sequence[str]) -> None:
    names = list(next(iter(table.values())))
    print(f"{'nDCG@10':<38}" + "".join(f"{name:>12}" for name in names) + f"{'chosen on':>12}")
    for label, scores in table.items():
        means = {name: scores[name].mean() for name in names}
        chosen = np.mean([means[name] for name in chosen_on])
        print(f"{label:<38}" + "".join(f"{means[name]:12.4f}" for name in names) + f"{chosen:12.4f}")


def print_gains(ours: Scores, table: Table, measured: Mapping[str, Set]) -> None:
    """Against each yardstick: the mean gain, its interval, how many questions lost, and the worst of them."""
    for name, scores in ours.items():
        for label in (YARDSTICK, OTHER_YARDSTICK, OWN_WORDS):
            gains = scores - table[label][name]
            low, high = interval(gains)
            print(
                f"{name}: over {label} {gains.mean():+.4f} [{low:+.4f}, {high:+.4f}], "
                f"{int((gains > 0).sum())} won, {int((gains < 0).sum())} lost of {len(gains)}"
            )
        gains = scores - table[YARDSTICK][name]
        for place in np.argsort(gains, kind="stable")[:SHOWN_LOSSES]:
            print(f"    {gains[place]:+.3f}  {measured[name].questions[place].text}")


def write_losses(path: Path, ours: Scores, yardstick: Scores, measured: Mapping[str, Set]) -> None:
    """Every question that lost against the yardstick, worst first, one JSON line each."""
    rows = []
    for name, scores in ours.items():
        gains = scores - yardstick[name]
        for place in np.argsort(gains, kind="stable")[: int((gains < 0).sum())]:
            question = measured[name].questions[place]
            told = {"set": name, "question": question.text, "right": sorted(question.right)}
            rows.append(told | {"ours": round(scores[place], 4), "lost": round(float(-gains[place]), 4)})
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def write_figures(ours: Scores, table: Table) -> None:
    """The figures of the three sets; the handbook's is that of the half that nothing was chosen on."""
    rows = [
        _figure("squad2_ndcg10", "squad2", ours, table),
        _figure("handbook_ndcg10", "handbook-b", ours, table),
        _figure("scifact_ndcg10", "scifact", ours, table),
        _mean_gain(ours, table[YARDSTICK]),
    ]
    for row in rows:
        print(f"{row.name:<24}{row.value:8.4f}  {row.target:<10} {row.detail}")
    figures.write("retrieval", rows)


def _figure(figure: str, name: str, ours: Scores, table: Table) -> Figure:
    """Its target: not worse than the better of BM25 and vectors alone."""
    better = max(table[label][name].mean() for label in (YARDSTICK, OTHER_YARDSTICK))
    gains = ours[name] - table[YARDSTICK][name]
    low, high = interval(gains)
    detail = (
        f"{len(gains)} questions; BM25 {table[YARDSTICK][name].mean():.4f}, vectors "
        f"{table[OTHER_YARDSTICK][name].mean():.4f}; over BM25 {gains.mean():+.4f}, "
        f"95 % {low:+.4f} to {high:+.4f}"
    )
    return Figure(figure, round(float(ours[name].mean()), 4), "", f"≥ {better:.4f}", COMMAND, detail)


def _mean_gain(ours: Scores, yardstick: Scores) -> Figure:
    gains = [float((ours[name] - yardstick[name]).mean()) for name in ours]
    detail = ", ".join(f"{name} {gain:+.4f}" for name, gain in zip(ours, gains, strict=True))
    return Figure("retrieval_gain_over_bm25", round(float(np.mean(gains)), 4), "", "≥ 0.03", COMMAND, detail)
