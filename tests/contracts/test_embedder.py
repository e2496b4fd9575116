"""What every embedder promises, the fake one and the real one."""

import socket

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from services.adapters.embedder import Embedder, bundled_folder
from tests.fakes import FakeEmbedder

TEXTS = [
    "The holiday allowance is thirty days a year.",
    "Employees may take thirty days of holiday every year, and more after ten years of service.",
    "Restart the mail server.",
    "",
]


@pytest.fixture(scope="module")
def real():
    return Embedder(bundled_folder(), "digest", threads=2, batch_tokens=24)


@pytest.fixture(scope="module")
def half():
    return Embedder(bundled_folder(), "digest", threads=2, precision="bfloat16", batch_tokens=24)


@pytest.fixture(params=["fake", "real", "half"])
def embedder(request):
    return FakeEmbedder() if request.param == "fake" else request.getfixturevalue(request.param)


def test_one_unit_row_per_text(embedder):
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_rows_keep_the_order_of_the_texts(embedder):
    together = embedder.embed(TEXTS)
    alone = np.stack([embedder.embed_question(text) for text in TEXTS])
    assert (together * alone).sum(axis=1) == pytest.approx(1.0, abs=1e-4)


def test_full_precision_does_not_depend_on_what_is_embedded_beside(real):
    alone = np.stack([real.embed_question(text) for text in TEXTS])
    assert real.embed(TEXTS) == pytest.approx(alone, abs=1e-6)


def test_the_vectors_are_those_of_the_library(real):
    library = SentenceTransformer(str(bundled_folder()), device="cpu", local_files_only=True)
    wanted = library.encode(TEXTS, show_progress_bar=False, normalize_embeddings=True)
    assert real.embed(TEXTS) == pytest.approx(wanted, abs=1e-6)


def test_a_text_beyond_the_window_is_embedded_by_its_beginning(real):
    inside = "word " * 254
    assert real.embed_question(inside + "other " * 900) == pytest.approx(
        real.embed_question(inside), abs=1e-6
    )


def test_half_precision_gives_almost_the_same_vectors(real, half):
    assert (real.embed(TEXTS) * half.embed(TEXTS)).sum(axis=1) == pytest.approx(1.0, abs=1e-3)
    assert not np.array_equal(real.embed(TEXTS), half.embed(TEXTS))


def test_texts_about_one_thing_are_near(embedder):
    holiday, longer, server, _ = embedder.embed(TEXTS)
    assert holiday @ longer > holiday @ server


def test_no_text_gives_no_row(embedder):
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_progress_names_each_text_once(embedder):
    seen = []
    embedder.embed(TEXTS, seen.append)
    assert len(seen) > 1
    assert sorted(row for rows in seen for row in rows) == list(range(len(TEXTS)))


def test_what_progress_raises_ends_the_work(embedder):
    def stop(_done):
        raise TimeoutError

    with pytest.raises(TimeoutError):
        embedder.embed(TEXTS, stop)


def test_longer_texts_have_more_tokens(embedder):
    counts = embedder.count_tokens(TEXTS)
    assert counts[3] == 2
    assert counts[2] < counts[0] < counts[1]


def test_tokens_beyond_the_window_are_counted(embedder):
    assert embedder.count_tokens(["word " * 3000])[0] > embedder.max_tokens


def test_loading_opens_no_connection(monkeypatch):
    def refuse(*_arguments):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    Embedder(bundled_folder(), "digest", threads=1).embed_question("anything")


def test_counting_tokens_does_not_load_the_network():
    embedder = Embedder(bundled_folder(), "digest", threads=1)
    embedder.count_tokens(TEXTS)
    assert "_model" not in vars(embedder)


def test_model_files_are_all_there(real):
    assert {"model.safetensors", "tokenizer.json", "config.json"} <= {
        path.name for path in real.model_files()
    }
