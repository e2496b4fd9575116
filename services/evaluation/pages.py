"""Results and comparisons as pages that can be kept and sent on: everything is in them, nothing is loaded."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from services.evaluation import charts
from services.evaluation.comparison import Comparison
from services.evaluation.gate import Decision
from services.evaluation.measures import BY_NAME, Measure
from services.evaluation.results import Asked, EvaluationResult

CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; sandbox"
WORST = 30
environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def report(result: EvaluationResult, decision: Decision | None = None) -> str:
    return environment.get_template("report.html").render(
        result=result,
        rows=[(BY_NAME[name], one) for name, one in result.totals.items()],
        charts=_drawn(charts.shares(result), charts.seconds(result)),
        worst=worst(result),
        decision=decision,
        policy=CONTENT_SECURITY_POLICY,
        shown=shown,
        measures=BY_NAME,
    )


def comparison(found: Comparison) -> str:
    return environment.get_template("comparison.html").render(
        found=found,
        charts=_drawn(charts.differences(found.differences)),
        changed=found.changed[:WORST],
        policy=CONTENT_SECURITY_POLICY,
        shown=shown,
    )


def worst(result: EvaluationResult) -> list[Asked]:
    """What a person should look at first: leaks, unsupported sentences, what is wrong, what is missing."""
    faulty = [one for one in result.asked if one.faults]
    return sorted(faulty, key=_weight, reverse=True)[:WORST]


def _weight(asked: Asked) -> tuple[float, ...]:
    def score(name: str, otherwise: float) -> float:
        found = asked.scores.get(name)
        return otherwise if found is None else found

    is_given = asked.kind in ("generated", "quoted")
    return (
        score("permission_leaks", 0),
        score("unsupported_sentences", 0),
        score("failed", 0),
        float(is_given and (not asked.answerable or score("answer_right", 1) == 0)),
        score("wrong_refusals", 0),
        float(len(asked.faults)),
    )


def shown(measure: Measure | None, value: float | None) -> str:
    """A value as people read it."""
    if value is None or measure is None:
        return "-"
    if measure.unit == "share":
        return f"{value:.1%}"
    if measure.unit == "count":
        return f"{value:.0f}"
    return f"{value:.4f}" if measure.unit == "money" else f"{value:.2f} {measure.unit}"


def _drawn(*found: str) -> list[Markup]:
    # Only our own titles are in the charts; all other text is escaped by the template.
    return [Markup(one) for one in found if one]  # noqa: S704
