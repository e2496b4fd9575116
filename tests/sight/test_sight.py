"""Dashboards and alerts: current, about figures that exist, and with a page that says what to do."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY

from deploy.sight import dashboards
from services import library_metrics, metrics

ROOT = Path(__file__).parents[2]
RULES = ROOT / "helm" / "holdfast" / "alerts.yaml"
RUNBOOK = ROOT / "deploy" / "runbook.md"
OURS = re.compile(r"\bholdfast_[a-z_]+")
SUFFIX = re.compile(r"_(total|bucket|count|sum)$")

needs_promtool = pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Names of the figures this product gives, as PromQL may name them."""
    given = {family.name for family in REGISTRY.collect() if family.name.startswith("holdfast_")}
    source = Path(library_metrics.__file__).read_text() + Path(metrics.__file__).read_text()
    return given | set(OURS.findall(source))


def alerts() -> list[dict]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    charts = [series for board in dashboards.DASHBOARDS for panel in board.panels for series in panel.series]
    return [expression for _legend, expression in charts] + [rule["expr"] for rule in alerts()]


@pytest.mark.parametrize("board", dashboards.DASHBOARDS, ids=lambda board: board.uid)
def test_dashboard_in_the_chart_is_current(board):
    file = dashboards.FOLDER / f"{board.uid}.json"
    assert file.read_text() == dashboards.written(board), "run python -m deploy.sight.dashboards"


def test_no_other_dashboard_lies_there():
    assert {file.stem for file in dashboards.FOLDER.iterdir()} == {
        board.uid for board in dashboards.DASHBOARDS
    }


@pytest.mark.parametrize("board", dashboards.DASHBOARDS, ids=lambda board: board.uid)
def test_panels_do_not_lie_on_each_other(board):
    places = [
        (panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboards.as_grafana(board)["panels"]
    ]
    assert len(places) == len(set(places))
    assert json.loads(dashboards.written(board))["uid"] == board.uid


def test_every_figure_of_ours_exists(known):
    named = {SUFFIX.sub("", name) for each in expressions() for name in OURS.findall(each)}
    assert named
    assert named - known == set()


def test_every_alert_has_its_page_and_every_page_its_alert():
    pages = re.findall(r"^## (\w+)$", RUNBOOK.read_text(), re.MULTILINE)
    assert sorted(pages) == sorted(rule["alert"] for rule in alerts())


def promtool(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *arguments], cwd=cwd, capture_output=True, text=True, check=False)


@needs_promtool
def test_rules_are_valid():
    checked = promtool("check", "rules", str(RULES))
    assert checked.returncode == 0, checked.stdout + checked.stderr


@needs_promtool
def test_every_query_is_promql(tmp_path):
    """Variables a reader types stand for numbers."""
    rules = [
        {"record": f"test:query:{number}", "expr": re.sub(r"\$\w+", "1", each)}
        for number, each in enumerate(expressions())
    ]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    checked = promtool("check", "rules", str(file))
    assert checked.returncode == 0, checked.stdout + checked.stderr


@needs_promtool
def test_alerts_fire_when_they_should(tmp_path):
    shutil.copy(RULES, tmp_path)
    shutil.copy(Path(__file__).with_name("alerts_fire.yaml"), tmp_path)
    ran = promtool("test", "rules", "alerts_fire.yaml", cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
