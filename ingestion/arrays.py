"""Embeddings as files: float32 `.npy`, one row per chunk in the order of their ordinals."""

import io

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


def array_bytes(vectors: Vectors) -> bytes:
    """The vectors as a `.npy` file."""
    buffer = io.BytesIO()
    np.save(buffer, vectors.astype(np.float32, copy=False), allow_pickle=False)
    return buffer.getvalue()


def read_array(content: bytes) -> Vectors:
    """The vectors of a `.npy` file; pickled content is refused."""
    array: Vectors = np.load(io.BytesIO(content), allow_pickle=False)
    return array
