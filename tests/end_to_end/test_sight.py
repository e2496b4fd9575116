"""What the dashboards and alerts ask the engine for is what this vLLM gives."""

import re

import httpx
import pytest

from deploy.sight import dashboards
from tests.quality.stack import ROOT
from tests.running_product import RunningProduct

pytestmark = pytest.mark.engine
ENGINES = re.compile(r"\bvllm:[a-z_]+")


def test_every_figure_of_the_engine_exists(stack: RunningProduct) -> None:
    base = stack.engine["url"].removesuffix("/v1")
    given = set(ENGINES.findall(httpx.get(f"{base}/metrics", timeout=60, trust_env=False).text))
    asked = "".join(map(dashboards.written, dashboards.DASHBOARDS))
    asked += (ROOT / "helm" / "holdfast" / "alerts.yaml").read_text()
    assert set(ENGINES.findall(asked)) - given == set()
