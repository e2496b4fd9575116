"""Grafana's dashboards, written from one short list of panels each.

`python -m deploy.sight.dashboards` writes them into the chart, which hands them to Grafana as they are.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "helm" / "holdfast" / "dashboards"
WIDTH, HEIGHT, COLUMNS = 12, 8, 24
SOURCE = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True)
class Panel:
    """One chart: `series` is (legend, PromQL)."""

    title: str
    unit: str
    series: tuple[tuple[str, str], ...]
    says: str = ""


@dataclass(frozen=True)
class Dashboard:
    """`uid` is also the file's name; `variables` are (name, label, default) that a reader types."""

    uid: str
    title: str
    panels: tuple[Panel, ...]
    variables: tuple[tuple[str, str, str], ...] = field(default=())


def quantile(share: float, metric: str, by: str, where: str = "") -> str:
    """PromQL of a histogram's quantile over five minutes."""
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({metric}_bucket{where}[5m])))"


def moment(name: str, share: float) -> str:
    return quantile(share, "holdfast_answer_seconds", "moment", f'{{moment="{name}"}}')


def tokens(direction: str) -> str:
    """PromQL of the millions of tokens of the last hour."""
    return f'sum(increase(holdfast_answer_tokens_total{{direction="{direction}"}}[1h])) / 1e6'


ANSWERS = Dashboard(
    "holdfast-answers",
    "Holdfast: answers",
    (
        Panel(
            "Answers by outcome",
            "cpm",
            (("{{outcome}}", "sum by (outcome) (rate(holdfast_answers_total[5m])) * 60"),),
        ),
        Panel(
            "Refused share",
            "percentunit",
            (
                (
                    "refused",
                    'sum(rate(holdfast_answers_total{outcome="refused"}[1h]))'
                    " / sum(rate(holdfast_answers_total[1h]))",
                ),
            ),
            "Rises when people ask what no document holds, or when finding got worse.",
        ),
        Panel(
            "Time to first token",
            "s",
            (("p50", moment("first_token", 0.5)), ("p95", moment("first_token", 0.95))),
        ),
        Panel(
            "Time to first verified sentence",
            "s",
            (("p50", moment("first_sentence", 0.5)), ("p95", moment("first_sentence", 0.95))),
        ),
        Panel(
            "Time to find passages", "s", (("p50", moment("search", 0.5)), ("p95", moment("search", 0.95)))
        ),
        Panel("Whole answer", "s", (("p50", moment("total", 0.5)), ("p95", moment("total", 0.95)))),
        Panel(
            "Sentences by what became of them",
            "cpm",
            (("{{status}}", "sum by (status) (rate(holdfast_sentences_total[5m])) * 60"),),
            "Under the strict policy, dropped sentences were written by the model and never left the server.",
        ),
        Panel(
            "Searches with one index down or behind",
            "cpm",
            (("{{side}}", "sum by (side) (rate(holdfast_search_degraded_total[5m])) * 60"),),
        ),
        Panel(
            "Requests by status",
            "reqps",
            (("{{status}}", "sum by (status) (rate(holdfast_http_requests_total[5m]))"),),
        ),
        Panel(
            "In progress",
            "short",
            (
                ("answers", "sum(holdfast_answers_in_progress)"),
                ("requests", "sum(holdfast_http_requests_in_progress)"),
            ),
        ),
    ),
)

ENGINE = Dashboard(
    "holdfast-engine",
    "Holdfast: engine",
    (
        Panel(
            "Requests",
            "short",
            (
                ("running", "sum(vllm:num_requests_running)"),
                ("waiting", "sum(vllm:num_requests_waiting)"),
            ),
        ),
        Panel(
            "Tokens per second",
            "short",
            (
                ("prompt", "sum(rate(vllm:prompt_tokens_total[5m]))"),
                ("generated", "sum(rate(vllm:generation_tokens_total[5m]))"),
            ),
        ),
        Panel("Key-value cache in use", "percentunit", (("used", "max(vllm:kv_cache_usage_perc)"),)),
        Panel(
            "Prefix cache hit rate",
            "percentunit",
            (
                (
                    "hits",
                    "sum(rate(vllm:prefix_cache_hits_total[5m]))"
                    " / sum(rate(vllm:prefix_cache_queries_total[5m]))",
                ),
            ),
        ),
        Panel(
            "Time to first token in the engine",
            "s",
            (
                ("p50", quantile(0.5, "vllm:time_to_first_token_seconds", "model_name")),
                ("p95", quantile(0.95, "vllm:time_to_first_token_seconds", "model_name")),
            ),
        ),
        Panel(
            "Preemptions",
            "cpm",
            (("preempted", "sum(rate(vllm:num_preemptions_total[5m])) * 60"),),
            "More than a few: the memory plan allows more concurrency than the cache holds.",
        ),
        Panel(
            "Release served", "short", (("{{release_id}}", "count by (release_id) (holdfast_release_info)"),)
        ),
        Panel(
            "Drift",
            "short",
            (("{{part}}", "max by (part) (holdfast_drift)"),),
            "What the newest check of the canaries found: 0 exact, 1 within tolerance, 2 drifted.",
        ),
    ),
)

INGESTION = Dashboard(
    "holdfast-ingestion",
    "Holdfast: ingestion",
    (
        Panel("Runs not done", "short", (("{{kind}} {{state}}", "max by (kind, state) (holdfast_runs)"),)),
        Panel("Longest wait", "s", (("oldest", "max(holdfast_run_oldest_waiting_seconds)"),)),
        Panel("Versions by state", "short", (("{{state}}", "max by (state) (holdfast_versions)"),)),
        Panel("Removed versions still to be purged", "short", (("pending", "max(holdfast_purges_pending)"),)),
        Panel("Database", "short", (("up", "min(holdfast_database_up)"),)),
    ),
)

COST = Dashboard(
    "holdfast-cost",
    "Holdfast: cost",
    (
        Panel(
            "Tokens per hour",
            "short",
            (("{{direction}}", "sum by (direction) (increase(holdfast_answer_tokens_total[1h]))"),),
        ),
        Panel("Answers per hour", "short", (("answers", "sum(increase(holdfast_answers_total[1h]))"),)),
        Panel(
            "Cost of an answer on this card",
            "currencyUSD",
            (("per answer", "$card_price_per_hour / sum(increase(holdfast_answers_total[1h]))"),),
            "The card's price by the hour over the answers of the last hour: an idle card is dear.",
        ),
        Panel(
            "What an API would ask for the same tokens",
            "currencyUSD",
            (
                (
                    "per hour",
                    f"{tokens('prompt')} * $api_price_in + {tokens('completion')} * $api_price_out",
                ),
                ("the card", "vector($card_price_per_hour)"),
            ),
        ),
    ),
    (
        ("card_price_per_hour", "Price of the card per hour", "0.80"),
        ("api_price_in", "API price per million tokens in", "0.50"),
        ("api_price_out", "API price per million tokens out", "1.50"),
    ),
)

DASHBOARDS = (ANSWERS, ENGINE, INGESTION, COST)


def as_grafana(dashboard: Dashboard) -> dict[str, Any]:
    """The dashboard in Grafana's own form."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "tags": ["holdfast"],
        "timezone": "browser",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [_source(), *map(_typed, dashboard.variables)]},
        "panels": [_panel(number, panel) for number, panel in enumerate(dashboard.panels)],
    }


def _source() -> dict[str, Any]:
    return {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _typed(variable: tuple[str, str, str]) -> dict[str, Any]:
    name, label, default = variable
    return {
        "name": name,
        "label": label,
        "type": "textbox",
        "query": default,
        "current": {"text": default, "value": default},
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    per_row = COLUMNS // WIDTH
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.says,
        "datasource": SOURCE,
        "gridPos": {
            "x": number % per_row * WIDTH,
            "y": number // per_row * HEIGHT,
            "w": WIDTH,
            "h": HEIGHT,
        },
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + index), "expr": expression, "legendFormat": legend, "datasource": SOURCE}
            for index, (legend, expression) in enumerate(panel.series)
        ],
    }


def written(dashboard: Dashboard) -> str:
    """The file's content."""
    return json.dumps(as_grafana(dashboard), indent=1) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for each in DASHBOARDS:
        (FOLDER / f"{each.uid}.json").write_text(written(each))
        print(f"{each.uid}: {len(each.panels)} panels")
