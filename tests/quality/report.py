"""The evaluation's report: figures beside their targets, the worst cases, and each outcome as JSON."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from services.evaluation.leaks import Probe
from services.evaluation.outcomes import Outcome, faults
from tests.quality import figures_table
from tests.quality.figures import Figure

console = Console(width=120)


def print_figures(title: str, rows: Sequence[Figure]) -> None:
    table = Table("figure", "measured", "of", "target", "", title=title, title_justify="left")
    for row in rows:
        met = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[row.meets_target]
        table.add_row(row.name, figures_table.shown(row), row.detail, row.target, met)
    console.print(table)


def print_worst(outcomes: Sequence[Outcome]) -> None:
    """What a person should look at first."""
    for outcome in outcomes:
        for fault in faults(outcome):
            line = f"{outcome.question.id} {outcome.question.question}\n     {fault}"
            console.print(line, markup=False, highlight=False)


def write(path: Path, rows: Sequence[Figure], outcomes: Sequence[Outcome], probes: Sequence[Probe]) -> None:
    """Figures, every question's outcome and every probe."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "figures": [_figure(row) for row in rows],
        "questions": [_outcome(outcome) for outcome in outcomes],
        "probes": [{name: getattr(probe, name) for name in probe.__slots__} for probe in probes],
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def write_rows(path: Path, rows: Sequence[Figure], questions: Sequence[dict[str, Any]]) -> None:
    """Figures and every question's outcome."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"figures": [_figure(row) for row in rows], "questions": list(questions)}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _figure(row: Figure) -> dict[str, Any]:
    value = None if math.isnan(row.value) else row.value
    return {"name": row.name, "value": value, "detail": row.detail, "target": row.target}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    answer = outcome.exchange.answer
    return {
        "id": outcome.question.id,
        "question": outcome.question.question,
        "asker": outcome.question.asker,
        "kind": outcome.exchange.kind,
        "text": outcome.text,
        "is_hit": outcome.is_hit,
        "is_page_exact": outcome.is_page_exact,
        "is_correct": outcome.is_correct,
        "dropped_sentences": answer.get("dropped_sentences"),
        "faults": faults(outcome),
        "sentences": [
            {"text": verdict.text, "status": verdict.status, "reasons": verdict.reasons}
            for verdict in outcome.verdicts
        ],
        "citations": [
            {"document": one.document_name, "page": one.page, "quote": one.quote}
            for one in outcome.exchange.citations
        ],
        "found": [{"document": one["document_name"], "page": one["page"], "score": one["score"]}
                  for one in outcome.passages],
        "first_sentence_s": outcome.exchange.first("sentence"),
        "total_s": outcome.exchange.total_s,
        "timings": answer.get("timings", {}),
        "usage": answer.get("usage", {}),
    }  # fmt: skip
