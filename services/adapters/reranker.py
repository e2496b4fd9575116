"""The reranker: a cross-encoder that reads question and passage together, from a verified folder, on the CPU.

Only where the release names one; its neural network is loaded at the first question and not before.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from services import errors

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

BATCH_TOKENS = 2048
"""Padding included, as for the embedder."""


class Reranker:
    """How well each text answers a question; the caller has verified the files in `model_folder`."""

    def __init__(
        self,
        model_folder: Path,
        threads: int,
        *,
        max_tokens: int,
        candidates: int,
        precision: str = "float32",
        batch_tokens: int = BATCH_TOKENS,
    ) -> None:
        """`candidates` is how many passages are worth reading again, `max_tokens` how much of a pair is."""
        self.folder = model_folder
        self.candidates = candidates
        self._threads = threads
        self._max_tokens = max_tokens
        self._precision = precision
        self._batch_tokens = batch_tokens
        self._lock = Lock()

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """For each text between 0 and 1 how well it answers, in the given order."""
        found = [0.0] * len(texts)
        batches = list(self._batches(question, texts))
        pairs = [[(question, texts[place]) for place in batch] for batch in batches]
        for batch, scores in zip(batches, self._pool.map(self._read, pairs), strict=True):
            for place, score in zip(batch, scores, strict=True):
                found[place] = score
        return found

    def _batches(self, question: str, texts: Sequence[str]) -> Iterator[list[int]]:
        """Longest first: a batch is padded to its longest pair."""
        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        start = 0
        while start < len(order):
            # About three characters a token at the least; counting exactly would tokenize everything twice.
            longest = min((len(question) + len(texts[order[start]])) // 3 + 3, self._max_tokens)
            size = max(1, self._batch_tokens // longest)
            yield order[start : start + size]
            start += size

    def _read(self, pairs: list[tuple[str, str]]) -> list[float]:
        import torch  # noqa: PLC0415  (see `_model`)

        with self._lock:  # the tokenizer refuses to be used by two threads at once
            features = self._model.preprocess(pairs)
        with torch.inference_mode():
            logits = self._model(features)["scores"].float()
        found: list[float] = torch.sigmoid(logits.squeeze(-1)).tolist()
        return found

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, thread_name_prefix="rerank")

    @cached_property
    def _model(self) -> "CrossEncoder":
        # Their import takes seconds, which a release without a reranker need not spend.
        import torch  # noqa: PLC0415
        from sentence_transformers import CrossEncoder  # noqa: PLC0415
        from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415

        os.putenv("TOKENIZERS_PARALLELISM", "false")
        disable_progress_bar()  # it draws on stderr, where the logs go
        torch.set_num_threads(1)  # each batch has a thread of its own
        model = CrossEncoder(
            str(self.folder),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            max_length=self._max_tokens,
            model_kwargs={"use_safetensors": True, "dtype": self._precision},
        )
        if model.num_labels != 1:
            raise errors.LockMismatch(
                f"{self.folder}: gives {model.num_labels} scores a pair: not a reranker"
            )
        return model.eval()
