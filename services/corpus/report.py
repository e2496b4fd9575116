"""The report itself: what was gathered, counted and put into the order in which to fix it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.corpus.gathering import EmptyGroup, Holding
from services.corpus.resemblance import Pair, groups_of, near_pairs
from services.corpus.schemas import (
    Bar,
    Contradiction,
    CorpusReport,
    DocumentRef,
    Finding,
    GroupWithoutMembers,
    NearDuplicates,
    Severity,
)
from services.corpus.sketches import Sketch
from services.database.tables.library import FAILED, PROCESSING, QUARANTINED, VISIBLE, WAITING

LISTED, EXAMPLES = 100, 5
FEW_TOKENS = 20
WAITS_TOO_LONG = timedelta(hours=1)
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")
AGES = ((90, "under 3 months"), (182, "3 to 6 months"), (365, "6 to 12 months"), (730, "1 to 2 years"))
SIZES = (
    (FEW_TOKENS, "under 20"),
    (200, "20 to 199"),
    (1000, "200 to 999"),
    (5000, "1k to 5k"),
    (20_000, "5k to 20k"),
)


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything the report is made from, at one moment."""

    at: datetime
    holdings: Sequence[Holding]
    sketches: Mapping[str, Sketch]
    empty_groups: Sequence[EmptyGroup]
    stale_after_days: int


def make(gathered: Gathered) -> CorpusReport:
    holdings = gathered.holdings
    pairs = near_pairs(gathered.sketches)
    conflicts = [pair for pair in pairs if pair.is_conflict]
    groups = groups_of([pair for pair in pairs if not pair.is_conflict])
    by_version = {held.version_id: held for held in holdings if held.version_id}
    return CorpusReport(
        made_at=gathered.at,
        documents=len(holdings),
        answering=len(by_version),
        tokens=sum(held.tokens for held in holdings),
        stale_after_days=gathered.stale_after_days,
        findings=_findings(gathered, conflicts, groups, by_version),
        states=_bars(held.state for held in holdings),
        unreadable=_bars(held.error or "unknown" for held in holdings if _is_unreadable(held)),
        languages=_bars(held.language or "unknown" for held in holdings if held.version_id),
        ages=_steps(AGES, "over 2 years", [(gathered.at - held.written_at).days for held in holdings]),
        token_sizes=_steps(SIZES, "20k and more", [held.tokens for held in by_version.values()]),
        near_duplicate_groups=len(groups),
        near_duplicates=[
            NearDuplicates(documents=[_ref(by_version[one]) for one in group[:LISTED]])
            for group in groups[:LISTED]
        ],
        contradictions_found=len(conflicts),
        contradictions=[_contradiction(pair, by_version) for pair in conflicts[:LISTED]],
        groups_without_members=[
            GroupWithoutMembers(id=group.id, name=group.name, collections=list(group.collections))
            for group in gathered.empty_groups
        ],
    )


def _findings(
    gathered: Gathered,
    conflicts: Sequence[Pair],
    groups: Sequence[Sequence[str]],
    by_version: Mapping[str, Holding],
) -> list[Finding]:
    """In the order in which to fix them: what makes answers wrong, then what is missing, then what ages."""
    contradicting = dict.fromkeys(one for pair in conflicts for one in (pair.first, pair.second))
    copies = [one for group in groups for one in group[1:]]
    nobody = len(gathered.empty_groups)
    found = [
        _finding(
            "contradictions", "high", "Documents contradict one another in numbers or dates",
            "Decide which of the two holds; remove the other, or bring it up to date.",
            [by_version[one] for one in contradicting],
        ),
        *_by_state(gathered),
        Finding(
            code="groups_without_members", severity="high", title="Groups that have access hold nobody",
            count=nobody, what_to_do="Put people into the groups, or grant access to others.", examples=[],
        ),
        _finding(
            "near_duplicates", "medium", "Documents are copies of others",
            "Keep one of each; copies crowd other passages out of the answers.",
            [by_version[one] for one in copies],
        ),
        *_by_age_and_owner(gathered),
    ]  # fmt: skip
    real = [finding for finding in found if finding.count]
    return sorted(real, key=lambda finding: SEVERITIES.index(finding.severity))


def _by_state(gathered: Gathered) -> list[Finding]:
    waiting = (WAITING, PROCESSING)
    rules: list[tuple[str, Severity, str, str, Callable[[Holding], bool]]] = [
        ("unreadable", "high", "Documents could not be read",
         "Look at each reason: a password, damage, or pictures of text; hand in a readable copy.",
         _is_unreadable),
        ("never_read", "high", "Documents have waited for more than an hour to be read",
         "See whether a worker runs, and what the queue says.",
         lambda held: held.state in waiting and gathered.at - held.written_at > WAITS_TOO_LONG
         and held.version_id is None),
        ("tables_lost", "medium", "Tables were lost or broken in reading",
         "Hand in the original (DOCX, XLSX) instead of its print.", _lost_tables),
        ("empty", "medium", "Documents hold hardly any text",
         "Remove them, or hand in the document that they stand for.",
         lambda held: held.state == VISIBLE and held.tokens < FEW_TOKENS),
    ]  # fmt: skip
    return [
        _finding(code, severity, title, advice, [held for held in gathered.holdings if is_meant(held)])
        for code, severity, title, advice, is_meant in rules
    ]


def _by_age_and_owner(gathered: Gathered) -> list[Finding]:
    limit = timedelta(days=gathered.stale_after_days)
    stale = [held for held in gathered.holdings if gathered.at - held.written_at > limit]
    return [
        _finding(
            "stale", "medium", f"Documents are older than {gathered.stale_after_days} days",
            "Ask their owners whether they still hold.", sorted(stale, key=lambda held: held.written_at),
        ),
        _finding(
            "no_owner", "low", "Documents have no owner who could be asked",
            "Have somebody of the department hand them in again, or make their source somebody's.",
            [held for held in gathered.holdings if not held.has_owner],
        ),
    ]  # fmt: skip


def _finding(code: str, severity: Severity, title: str, what_to_do: str, about: Sequence[Holding]) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        title=title,
        count=len(about),
        what_to_do=what_to_do,
        examples=[_ref(held) for held in about[:EXAMPLES]],
    )


def _is_unreadable(held: Holding) -> bool:
    return held.state in (FAILED, QUARANTINED)


def _lost_tables(held: Holding) -> bool:
    return any("table" in warning.lower() for warning in held.warnings)


def _ref(held: Holding) -> DocumentRef:
    return DocumentRef(id=held.id, name=held.name, collection=held.collection)


def _contradiction(pair: Pair, by_version: Mapping[str, Holding]) -> Contradiction:
    return Contradiction(
        first=_ref(by_version[pair.first]),
        second=_ref(by_version[pair.second]),
        likeness=pair.likeness,
        only_first=list(pair.only_first),
        only_second=list(pair.only_second),
    )


def _bars(labels: Iterable[str]) -> list[Bar]:
    return [Bar(label=label, count=count) for label, count in Counter(labels).most_common()]


def _steps(steps: Sequence[tuple[int, str]], last: str, values: Sequence[int]) -> list[Bar]:
    """How many values lie below each bound, and above the one before; empty steps are shown, too."""
    counts = Counter(next((label for bound, label in steps if value < bound), last) for value in values)
    return [Bar(label=label, count=counts[label]) for label in [*(label for _, label in steps), last]]
