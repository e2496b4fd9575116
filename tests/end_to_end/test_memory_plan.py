"""The memory plan against the figures of the real engine, which the product starts on the demo model."""

import pytest

from tests.quality.figures import Figure, write
from tests.running_product import RunningProduct

pytestmark = pytest.mark.engine


def test_the_planned_kv_cache_is_within_5_percent_of_the_engines(stack: RunningProduct):
    with stack.signed_in() as client:
        shown = client.get("/api/v1/engine/plan").json()
    detail = f"planned {shown['plan']['kv_tokens']} tokens, vLLM {shown['engine_kv_tokens']}"
    command = "make test ARGS=tests/end_to_end/test_memory_plan.py"
    write("plan", [Figure("plan_kv_error", round(shown["kv_error"], 4), "share", "≤ 0.05", command, detail)])
    assert shown["kv_error"] <= 0.05, detail
