"""The script for a bare GPU host, as far as no GPU is needed: shapes, plans, flags, streams, tables."""

import argparse
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

import pytest

from deploy.gpu import __main__ as script
from deploy.gpu import asking, serving, shapes, telling
from deploy.gpu.asking import Prompts, Reply
from deploy.gpu.serving import Case
from services.engine import memory
from tests import small_models


def wanted(tmp_path: Path, *words: str) -> argparse.Namespace:
    return script._parser().parse_args(["--out", str(tmp_path), *words])


def test_shape_has_the_parameters_of_its_name(tmp_path):
    config = json.loads((shapes.write(tmp_path / "bf16", "bf16") / "config.json").read_text())
    found = shapes.weights(config)
    assert 7.9e9 < found.linear_values + found.unquantized_values < 8.1e9
    assert found.total == 2 * (found.linear_values + found.unquantized_values)


@pytest.mark.parametrize(
    ("form", "least", "most"), [("bf16", 15.9, 16.1), ("awq", 5.5, 5.8), ("gptq", 5.5, 5.8)]
)
def test_quantized_shapes_are_planned_small(tmp_path, form, least, most):
    folder = shapes.write(tmp_path / form, form)
    made = script.plan(Case(form, folder, "cpu", is_dummy=True, context=512))
    assert least < made.weights / 1e9 < most
    config = json.loads((folder / "config.json").read_text())
    assert memory.precision_of(config, {4} if form != "bf16" else {16}).bits == (16 if form == "bf16" else 4)


def test_cache_is_told_by_blocks_and_weights_by_the_log(tmp_path):
    made = script.plan(Case("bf16", shapes.write(tmp_path, "bf16"), "cpu", is_dummy=True, context=512))
    log = "Model loading took 14.99 GiB\nGPU KV cache size: 33,973 tokens\n"
    metrics = 'vllm:cache_config_info{block_size="128",num_gpu_blocks="364"} 1.0\n'
    found = script.fact(made, log, metrics)
    assert (found["kv_tokens"], found["weights_gib"]) == (46592, 14.99)
    assert script.fact(made, "", "") == {"kv_tokens": None, "weights_gib": None, "kv_error": None}


def test_every_case_of_a_card_is_there_once(tmp_path):
    names = [case.name for case in script.cases(wanted(tmp_path, "--demo", str(tmp_path)))]
    assert names == [
        "bf16", "bf16 + prefix cache", "awq", "awq + prefix cache", "gptq", "gptq + prefix cache",
        "demo", "demo + prefix cache", "demo + speculation",
    ]  # fmt: skip


def test_a_processor_is_only_asked_for_the_demo_model(tmp_path):
    asked = wanted(tmp_path, "--device", "cpu", "--demo", str(tmp_path))
    assert {case.form for case in script.cases(asked)} == {"demo"}


def test_flags_follow_the_case(tmp_path):
    case = Case("awq", tmp_path, "cuda", is_dummy=True, context=4096, speculates=True)
    words = serving.command(case, 9)
    assert words[words.index("--load-format") + 1] == "dummy"
    assert json.loads(words[words.index("--speculative-config") + 1])["method"] == "ngram"
    assert {"--skip-tokenizer-init", "--no-enable-prefix-caching"} <= set(words)
    assert "--enforce-eager" not in words


def test_prompts_have_their_length_and_begin_differently():
    for prompts in (Prompts(100, 500), Prompts(100, 500, text=range(10, 40))):
        made = [prompts.fresh() for _ in range(5)]
        assert {len(one) for one in made} == {100}
        assert len({tuple(one[:8]) for one in made}) == 5


class Engine(BaseHTTPRequestHandler):
    """Streams the tokens it was asked for, one a line, as vLLM does with usage in every chunk."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()
        for count in range(asked["max_tokens"] + 1):
            chunk = {"choices": [{"text": ""}], "usage": {"completion_tokens": count}}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def engine():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Engine)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_streams_are_counted_by_their_tokens(engine):
    found = asking.load(engine, Prompts(20, 500), streams=3, tokens=7, rounds=2)
    assert (found.streams, found.requests) == (3, 6)
    assert found.tokens_per_s > 0
    assert asking.ask(engine, [1, 2], 5).tokens == 5


def test_load_sums_what_was_written_over_the_whole_time():
    found = asking.summed(2, [Reply(0.1, 1.0, 30), Reply(0.3, 2.0, 70)], wall_s=2.0)
    assert (found.tokens_per_s, found.first_token_p50_s, found.first_token_p95_s) == (50.0, 0.2, 0.3)


def test_a_case_that_fails_says_why_and_is_tried_again(tmp_path, monkeypatch, capsys):
    demo = small_models.write(tmp_path / "demo")
    tried = []

    def refuse(case: Case, _wanted: argparse.Namespace) -> dict[str, object]:
        tried.append(case.name)
        failed = {"failed": "no kernel"} if case.caches_prefixes else {"single": 10.0 + case.speculates}
        return {"name": case.name, "form": case.form, **failed}

    monkeypatch.setattr(script, "_tried", refuse)
    words = ["--device", "cpu", "--demo", str(demo), "--out", str(tmp_path / "out")]
    assert script.main(words) == 1
    assert script.main(words) == 1
    assert tried == ["demo", "demo + prefix cache", "demo + speculation", "demo + prefix cache"]
    told = capsys.readouterr().out
    assert "failed: no kernel" in told
    assert "10.0 tokens/s without, 11.0 with" in told
    assert "No GPU was at hand" in told


CASES = [
    {
        "name": "bf16 & co",
        "form": "bf16",
        "plan": {"weights": 2**30, "kv_tokens": 1000},
        "fact": {"kv_tokens": 990, "weights_gib": None, "kv_error": 0.0101},
        "loads": [
            {"streams": n, "tokens_per_s": 10.0 * n, "first_token_p50_s": 0.5, "first_token_p95_s": 0.9}
            for n in (1, 8)
        ],
    },
    {"name": "bf16 + prefix cache", "form": "bf16", "prefix": {"cold_s": 1.0, "warm_s": 0.1}},
]


def test_table_holds_plan_and_fact_streams_and_gains():
    host = {"device": "cuda", "card": "L4", "vllm": "1", "torch": "2"}
    told = telling.markdown(
        {"host": host, "asked": {"prompt_tokens": 3000, "answer_tokens": 300}, "cases": CASES}
    )
    assert "| bf16 & co | 1.00 GiB | not told | 1,000 | 990 | 1.0% |" in told
    assert "| bf16 & co | 8 | 80.0 | 0.50 s | 0.90 s |" in told
    assert "first token 1.00 s new, 0.10 s with the prefix kept" in told
    assert "No GPU was at hand" not in told


def test_plot_is_well_formed_and_has_a_line_a_case():
    drawn = ElementTree.fromstring(telling.svg(CASES))  # noqa: S314  (our own plot)
    assert len(drawn.findall("{*}polyline")) == 1
    assert telling.svg([]) == ""
