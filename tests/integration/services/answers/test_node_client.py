"""The official Node client runs unchanged: models, chat at once and as a stream, embeddings, errors."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.parts import DEADLINE_S
from tests.travel import QUESTION, TRUE

ROOT = Path(__file__).parents[4]
WEB, CLIENT = ROOT / "services" / "web", ROOT / "tests" / "clients" / "openai_client.mjs"
NODE = shutil.which("node")


@pytest.mark.skipif(
    NODE is None or not (WEB / "node_modules" / "openai").is_dir(),
    reason="needs Node and the page's modules (`make build`)",
)
def test_nodes_client_runs_unchanged(address, ada):
    key = ada["Authorization"].removeprefix("Bearer ")
    command = [NODE, str(CLIENT), str(WEB), f"{address}/v1", key, QUESTION]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert ran.returncode == 0, ran.stderr
    got = json.loads(ran.stdout)
    assert {"holdfast", "holdfast/travel"} <= set(got["names"])
    assert (
        got["whole"]
        == got["streamed"]
        == f"{TRUE} [1] Receipts are handed in within 30 days of the return. [2]"
    )
    assert got["citations"] == 2
    assert got["usage"]["total_tokens"] > 0
    assert got["dimensions"] == [384, 384]
    assert got["refusal"] == {"status": 404, "code": "not_found", "kind": "NotFoundError"}
