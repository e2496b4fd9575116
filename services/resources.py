"""Everything a process opens once: the adapters, the lock they were checked against, the transactions."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from services import release, signatures
from services.adapters.chroma import ChunkIndex
from services.adapters.embedder import Embedder
from services.adapters.file_store import FileStore
from services.adapters.job_queue import JobQueue
from services.adapters.lexical import LexicalIndex
from services.adapters.oidc_provider import OidcProvider
from services.adapters.reranker import Reranker
from services.adapters.vector_file import VectorFile
from services.adapters.vllm import LanguageModel
from services.adapters.windows import Windows
from services.database import schema
from services.database.session import Transactions, open_engine
from services.outbound import Outbound
from services.release import Lock
from services.settings import Settings, silence_telemetry

PROMPTS = Path(__file__).parent / "answers" / "prompts"


@dataclass(frozen=True, slots=True)
class Resources:
    """One process's opened parts; tests build it from fakes."""

    settings: Settings
    lock: Lock
    transactions: Transactions
    files: FileStore
    queue: JobQueue
    chunk_index: ChunkIndex
    embedder: Embedder
    model: LanguageModel
    lexical: LexicalIndex
    vectors: VectorFile
    reranker: Reranker | None = None
    provider: OidcProvider | None = None
    """Where people sign in, if the settings name one."""
    windows: Windows | None = None
    """What limits are counted in; without it nothing is."""


@contextmanager
def open_resources(settings: Settings) -> Iterator[Resources]:
    """Verify the lock, then open every adapter; all are closed on leaving, in reverse.

    Raises errors.LockMismatch when a model's file is not what the lock names, and
    errors.DatabaseUnavailable when the schema is not the one this build knows.
    """
    silence_telemetry()
    with ExitStack() as stack:
        lock = signatures.read_trusted_lock(settings)
        embedder_folder = release.verify_embedder(lock)
        release.verify(lock, {"prompts": PROMPTS})
        engine = open_engine(settings)
        stack.callback(engine.dispose)
        schema.require_current(engine)
        queue = JobQueue(settings.queue)
        stack.callback(queue.close)
        chunk_index = ChunkIndex(settings.chroma.host, settings.chroma.port, generation=lock.generation)
        stack.callback(chunk_index.close)
        lexical = LexicalIndex(settings.data_dir / "lexical" / lock.generation)
        stack.callback(lexical.close)
        vectors = VectorFile(settings.data_dir / "vectors" / lock.generation)
        stack.callback(vectors.close)
        windows = Windows(settings.queue)
        stack.callback(windows.close)
        yield Resources(
            settings=settings,
            lock=lock,
            transactions=Transactions(engine),
            files=FileStore(settings.files_root),
            queue=queue,
            chunk_index=chunk_index,
            embedder=Embedder(
                embedder_folder,
                lock.embedder.digest,
                threads=settings.ingestion.threads,
                precision=lock.embedder.precision,
            ),
            model=LanguageModel(settings.engine, lock.generator.served_name, _tokenizer_file(settings, lock)),
            lexical=lexical,
            vectors=vectors,
            reranker=_reranker(settings, lock),
            provider=_provider(settings),
            windows=windows,
        )


def _provider(settings: Settings) -> OidcProvider | None:
    oidc = settings.sign_in.oidc
    return OidcProvider(oidc, Outbound(settings.outbound)) if oidc.issuer else None


def _reranker(settings: Settings, lock: Lock) -> Reranker | None:
    """The release's reranker; where no models are kept, as beside a worker, nobody searches either."""
    named = lock.reranker
    if named is None or not (named.package or settings.models_root.is_dir()):
        return None
    folder = release.verify_reranker(named, settings.models_root)
    return Reranker(
        folder,
        threads=settings.ingestion.threads,
        max_tokens=named.max_tokens,
        candidates=named.candidates,
        precision=named.precision,
    )


def _tokenizer_file(settings: Settings, lock: Lock) -> str | None:
    """The served model's tokenizer, which must be the lock's: it decides what fits a prompt."""
    file = settings.models_root / lock.generator.folder / "tokenizer.json"
    if not file.exists():
        return None
    release.verify_file(file, lock.generator.files["tokenizer.json"])
    return str(file)
