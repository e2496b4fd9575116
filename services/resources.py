"""Everything a process opens once: the adapters, the lock they were checked against, the transactions."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from services import release
from services.adapters.chroma import ChunkIndex
from services.adapters.embedder import Embedder
from services.adapters.file_store import FileStore
from services.adapters.job_queue import JobQueue
from services.adapters.lexical import LexicalIndex
from services.adapters.vllm import LanguageModel
from services.database.session import Transactions, open_engine
from services.release import Lock
from services.settings import Settings


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
