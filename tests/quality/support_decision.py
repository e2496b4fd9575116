"""`python -m tests.quality.support_decision`: is what the grounding calls supported supported?

Decided with the release's embedder on every case of `support_set`, from all four public sets. Documents are
cut into two halves: thresholds are chosen on the first (`--sweep` prints the choice), the figures are the
second's.
"""

import argparse
import itertools
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from services.answers import grounding
from services.answers.grounding import GroundingThresholds, PassageIndex, Similarity
from tests.quality import figures, report, support_set, support_sources
from tests.quality.figures import Figure
from tests.quality.offline import CACHE, Vectors
from tests.quality.support_set import Case

COMMAND = "make eval-support"
QUESTIONS = {"squad2": 300, "scifact": 200, "handbook": 200}
CHOSEN, UNSEEN = "chosen on", "unseen"


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided on one case."""

    origin: str
    case: Case
    said: bool
    reason: str

    @property
    def half(self) -> str:
        return half_of(self.case.group)


def half_of(group: str) -> str:
    """A document's cases all fall into one half, the same in every run."""
    return CHOSEN if sha256(group.encode()).digest()[0] % 2 else UNSEEN


def read_cases(share: float = 1.0) -> list[tuple[str, Case]]:
    """Cases of all four sets with the set's name; fewer questions of each for a quick look."""
    counts = {name: max(8, round(count * share)) for name, count in QUESTIONS.items()}
    found = {
        "squad2": support_sources.squad2(counts["squad2"]),
        "scifact": support_sources.scifact(counts["scifact"]),
        "handbook": support_sources.handbook(counts["handbook"]),
        "contoso": itertools.islice(support_sources.contoso(), round(50 * share)),
    }
    return [(name, case) for name, golds in found.items() for case in support_set.derive(golds)]


def decide(
    cases: Iterable[tuple[str, Case]], thresholds: GroundingThresholds, similarity: Similarity | None
) -> Iterator[Decision]:
    """Passages are read once for all cases that share them."""
    key, index = None, None
    for origin, case in cases:
        if key != (case.question, case.passages) or index is None:
            key, index = (case.question, case.passages), _index(case)
        found = grounding.check(case.sentence, index, thresholds, similarity)
        yield Decision(origin, case, found.is_supported, found.reason)


def _index(case: Case) -> PassageIndex:
    return grounding.index_passages(case.passages, case.question)


def precision_and_recall(decisions: Iterable[Decision]) -> tuple[float, float, str]:
    """Of "supported", with the counts in words."""
    counted = Counter((one.case.is_supported, one.said) for one in decisions)
    right, wrong, missed = counted[True, True], counted[False, True], counted[True, False]
    precision = right / (right + wrong) if right + wrong else 0.0
    recall = right / (right + missed) if right + missed else 0.0
    return precision, recall, f"{right} right of {right + wrong} supported; {right} found of {right + missed}"


def measured(decisions: Sequence[Decision]) -> list[Figure]:
    """The unseen half; a precision at less than 0.80 recall is no figure."""
    precision, recall, detail = precision_and_recall(one for one in decisions if one.half == UNSEEN)
    value = precision if recall >= 0.8 else float("nan")
    swaps = [one for one in decisions if one.half == UNSEEN and one.case.kind == "reworded"]
    return [
        Figure(
            "support_precision_at_recall80",
            round(value, 4),
            "share",
            "≥ 0.95",
            COMMAND,
            f"{detail}, recall {recall:.3f}",
        ),
        figures.share("support_reworded_recall", sum(one.said for one in swaps), len(swaps), "", COMMAND),
    ]


def print_kinds(decisions: Sequence[Decision]) -> None:
    counted = Counter((one.half, one.case.kind, one.case.is_supported, one.said) for one in decisions)
    for half, kind, label in sorted({key[:3] for key in counted}):
        right, wrong = counted[half, kind, label, label], counted[half, kind, label, not label]
        said = "supported" if label else "unsupported"
        report.console.print(f"{half:10} {kind:18} {said:12} right {right:4}  wrong {wrong:4}", markup=False)


def sweep(cases: Sequence[tuple[str, Case]], similarity: Similarity) -> None:
    """Precision and recall of the first half for every operating point tried."""
    own = [(origin, case) for origin, case in cases if half_of(case.group) == CHOSEN]
    for recall, similar, alike in itertools.product((0.6, 0.7), (0.4, 0.5, 0.55), (0.7, 0.75, 0.8)):
        tried = replace(
            GroundingThresholds(), claim_recall=recall, claim_recall_similar=similar, similarity=alike
        )
        decisions = list(decide(own, tried, similarity))
        precision, found, _ = precision_and_recall(decisions)
        reworded = [one for one in decisions if one.case.kind == "reworded"]
        report.console.print(
            f"claim_recall {recall} claim_recall_similar {similar} similarity {alike}: "
            f"precision {precision:.4f} recall {found:.4f} "
            f"reworded {sum(one.said for one in reworded)}/{len(reworded)}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the questions, for a quick look")
    parser.add_argument("--sweep", action="store_true", help="try operating points on the first half")
    parser.add_argument("--wrong", action="store_true", help="print every wrong decision")
    parser.add_argument("--cache", type=Path, help="folder of vectors made before")
    wanted = parser.parse_args(arguments)
    vectors = Vectors(wanted.cache or CACHE)
    cases = read_cases(wanted.share)
    if wanted.sweep:
        sweep(cases, vectors.similarity())
        vectors.keep()
        return 0
    decisions = list(decide(cases, GroundingThresholds(), vectors.similarity()))
    vectors.keep()
    print_kinds(decisions)
    if wanted.wrong:
        for one in decisions:
            if one.said != one.case.is_supported:
                line = f"{one.origin} {one.case.kind}: {one.case.sentence!r} ({one.reason})"
                report.console.print(line, markup=False, highlight=False)
    rows = measured(decisions)
    report.print_figures(f"support decisions: {len(decisions)}", rows)
    if wanted.share >= 1:
        figures.write("support", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
