"""`python -m tests.benchmarks.run`: ingestion against the bare embedder, the gateway against the bare engine.

Everything runs on this machine in processes of its own, in a folder that is empty at the start. Ingestion is
measured before the engine is started, and with an embedder in full precision, as the bare one is.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from services import release
from services.cli import demo
from services.settings import Settings
from tests.benchmarks import claims, corpus, ingestion, overhead, parts, precision, stopping, versus
from tests.benchmarks.memory import PeakMemory
from tests.benchmarks.parts import Parts
from tests.quality import figures, golden, report
from tests.quality.asking import Person
from tests.quality.figures import Figure
from tests.quality.stack import EngineFiles

BUILD = Path(__file__).parents[2] / "build"
ASKER = "ben"
PARTS = ("ingestion", "answers", "claims", "workers", "precision", "langchain")
AT_LENGTH = (
    "Explain in detail how annual leave and carrying it over work.",
    "Describe the rules for working from home, also from abroad.",
    "Summarise the travel policy of 2025: flights, hotels and meals.",
    "What happens at Millgate Works in a fire alarm, from the first sound to the assembly points?",
    "Describe step by step how a customer returns an instrument for repair.",
    "Explain what parents may claim before and after a birth.",
    "List the safety rules for dangerous substances and pressure tests.",
    "Explain how travel expenses are claimed and paid.",
)
"""Asked beside the golden questions, whose answers are too short to time."""
STREAMS_CLOSED = 10


def main(arguments: Sequence[str] | None = None) -> int:
    wanted = _parser().parse_args(arguments)
    shutil.rmtree(wanted.data_dir, ignore_errors=True)
    files = EngineFiles(wanted.engine_python, wanted.lock, wanted.models)
    rows: list[Figure] = []
    if "claims" in wanted.only:
        rows += claims.figures_of(claims.measure(claims.WAITING, claims.CLAIMS))
    if set(wanted.only) & {"ingestion", "answers"}:
        rows += _measure_on_a_stack(files, wanted)
    if "workers" in wanted.only:
        rows += _measure_two_workers(files, wanted)
    if "langchain" in wanted.only:
        rows += _measure_versus(files, wanted)
    if "precision" in wanted.only:
        rows += _measure_precision(wanted)
    report.print_figures("benchmarks, one run", rows)
    for name in wanted.only:
        figures.write(f"bench-{name}", [row for row in rows if _part(row) == name])
    return 0


def _measure_on_a_stack(files: EngineFiles, wanted: argparse.Namespace) -> list[Figure]:
    rows: list[Figure] = []
    with parts.running(files, wanted.data_dir) as running, ExitStack() as opened:
        curator, ben = (opened.enter_context(Person(running.stack, login)) for login in (demo.ADMIN, ASKER))
        if "ingestion" in wanted.only:
            rows += _measure_ingestion(running, curator, wanted)
        if "answers" in wanted.only:
            _ingest_demo(curator)
            rows += _measure_answers(running, ben, files, wanted.pairs)
    return rows


def _measure_two_workers(files: EngineFiles, wanted: argparse.Namespace) -> list[Figure]:
    folder = wanted.data_dir.with_name("two-workers")
    shutil.rmtree(folder, ignore_errors=True)
    with parts.running(files, folder, workers=2) as running, Person(running.stack, demo.ADMIN) as curator:
        batches = corpus.batches(wanted.chunks, wanted.batches, folder / "corpus", wanted.data)
        batches.insert(0, sorted((corpus.DEMO / "it").glob("*.txt")))
        return [ingestion.two_workers_figure(ingestion.measure(curator, running.transactions, batches, 2))]


def _measure_versus(files: EngineFiles, wanted: argparse.Namespace) -> list[Figure]:
    """In both precisions, each in a stack of its own: what was read before would be taken over."""
    rows: list[Figure] = []
    batches = versus.parts_of(wanted.data, wanted.batches, wanted.share)
    for name, manners in (("float32", ("at_once",)), ("bfloat16", ("at_once", "one_by_one"))):
        folder = wanted.data_dir.with_name(f"versus-{name}")
        shutil.rmtree(folder, ignore_errors=True)
        with parts.running(files, folder, precision=name) as running:
            with Person(running.stack, demo.ADMIN) as curator:
                pairs = versus.measure(running, curator, batches, manners, folder / "langchain")
            rows += versus.figures_of(name, pairs)
    return rows


def _measure_precision(wanted: argparse.Namespace) -> list[Figure]:
    if not wanted.data.is_dir():
        return []  # the judged questions are public data that is not part of the checkout
    full, half = precision.open_embedders(threads=2)
    texts = precision.chunk_texts(wanted.data, wanted.chunks)
    pairs = precision.measure_speed(full, half, texts, wanted.batches)
    return precision.figures_of(
        pairs, precision.measure_loss(full, half, wanted.data, BUILD / "eval" / "precision")
    )


def _part(row: Figure) -> str:
    if row.name in precision.NAMES:
        return "precision"
    if row.name.startswith("ingest_vs_langchain"):
        return "langchain"
    if row.name == "ingest_two_workers_ratio":
        return "workers"
    if row.name in claims.NAMES:
        return "claims"
    return "ingestion" if "ingest" in row.name or row.name.startswith("encode") else "answers"


def _measure_ingestion(running: Parts, curator: Person, wanted: argparse.Namespace) -> list[Figure]:
    # One batch more than counted: the first warms up.
    files = corpus.batches(wanted.chunks, wanted.batches, wanted.data_dir / "corpus", wanted.data)
    files.insert(0, sorted((corpus.DEMO / "it").glob("*.txt")))
    threads = running.settings.ingestion.threads
    with PeakMemory(running.pids) as peaks:
        pairs = ingestion.measure(curator, running.transactions, files, threads)
    for pair in pairs:
        report.console.print(
            f"{pair.documents:4} documents {pair.chunks:5} chunks: pipeline {pair.pipeline_s:6.2f} s, "
            f"encode alone {pair.encode_s:6.2f} s, ratio {pair.ratio:.3f}",
            highlight=False,
        )
    return ingestion.figures(pairs) + _memory(peaks, "ingest")


def _measure_answers(running: Parts, ben: Person, files: EngineFiles, pairs: int) -> list[Figure]:
    engine = running.start_engine()
    lock = release.read_lock(files.lock)
    settings = Settings(
        data_dir=running.settings.data_dir, release={"lock": files.lock, "models": files.models}
    )
    straight = overhead.Straight(*running.engine, lock)
    builder = overhead.PromptBuilder(running.transactions, settings, lock)
    asked = [one.question for one in golden.read_questions() if one.answerable and one.group == "everyone"]
    asked = [*AT_LENGTH, *asked]
    with PeakMemory(running.pids | engine) as peaks:
        measured = overhead.measure(ben, builder, straight, asked, pairs)
    straight.close()
    stops = stopping.measure(ben.http, running.engine[0], AT_LENGTH * 4, STREAMS_CLOSED)
    return overhead.figures(measured) + stopping.figures(stops) + _memory(peaks, "answer")


def _memory(peaks: PeakMemory, during: str) -> list[Figure]:
    return [
        Figure(
            f"{during}_peak_mib_{name}",
            round(mib),
            "MiB",
            "",
            ingestion.COMMAND,
            "resident, with its children",
        )
        for name, mib in peaks.mib.items()
    ]


def _ingest_demo(curator: Person) -> None:
    """The demo company as `holdfast up` puts it in: what the questions are about."""
    jobs = [demo.upload(curator.http, name, file) for name, file in demo.missing_documents(curator.http)]
    for job in jobs:
        ingestion.wait(curator, job)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--engine-python", type=Path, required=True)
    parser.add_argument("--lock", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument(
        "--data-dir", type=Path, default=BUILD / "bench" / "stack", help="emptied at the start"
    )
    parser.add_argument(
        "--data", type=Path, default=corpus.DATA, help="public evaluation data, where at hand"
    )
    parser.add_argument("--chunks", type=int, default=1500, help="about how many chunks to ingest")
    parser.add_argument("--batches", type=int, default=5, help="pairs of pipeline and bare encode")
    parser.add_argument("--share", type=int, default=1, help="every n-th file of the handbook only")
    parser.add_argument("--pairs", type=int, default=20, help="questions asked both ways")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=PARTS,
        default=PARTS,
        help="a part of it",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
