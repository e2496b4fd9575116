"""What every reranker promises, the fake one and a real cross-encoder made here."""

import pytest
from sentence_transformers import CrossEncoder

from services import errors, release
from services.adapters.reranker import Reranker
from tests.fakes import FakeReranker
from tests.small_reranker import write_small_reranker

QUESTION = "What may a hotel cost?"
TEXTS = [
    "Hotels cost at most 120 euro.",
    "Train tickets are refunded, and seat reservations with them, for every journey of more than two hours.",
    "Restart the mail server.",
    "",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_small_reranker(tmp_path_factory.mktemp("models") / "reranker")


@pytest.fixture(scope="module")
def real(folder):
    return Reranker(folder, threads=2, max_tokens=64, candidates=8, batch_tokens=48)


@pytest.fixture(params=["fake", "real"])
def reranker(request):
    return FakeReranker() if request.param == "fake" else request.getfixturevalue("real")


def test_each_text_has_its_score_in_the_order_given(reranker):
    alone = [reranker.scores(QUESTION, [text])[0] for text in TEXTS]
    assert reranker.scores(QUESTION, TEXTS) == pytest.approx(alone, abs=1e-5)
    assert len(set(alone)) > 1
    assert all(0.0 <= score <= 1.0 for score in alone)


def test_no_text_has_no_score(reranker):
    assert reranker.scores(QUESTION, []) == []


def test_the_scores_are_those_of_the_library(real, folder):
    library = CrossEncoder(str(folder), device="cpu", local_files_only=True, max_length=64)
    wanted = library.predict([(QUESTION, text) for text in TEXTS], show_progress_bar=False)
    assert real.scores(QUESTION, TEXTS) == pytest.approx(list(wanted), abs=1e-5)


def test_a_text_beyond_the_window_is_read_by_its_beginning(real):
    first, second = real.scores(QUESTION, ["word " * 200, "word " * 300 + "other"])
    assert first == pytest.approx(second, abs=1e-6)


def test_half_precision_says_nearly_the_same(folder, real):
    half = Reranker(folder, threads=1, max_tokens=64, candidates=8, precision="bfloat16")
    assert half.scores(QUESTION, TEXTS) == pytest.approx(real.scores(QUESTION, TEXTS), abs=0.05)


def test_a_classifier_of_three_labels_is_no_reranker(tmp_path):
    folder = write_small_reranker(tmp_path / "classifier", labels=3)
    with pytest.raises(errors.LockMismatch, match="3 scores a pair"):
        Reranker(folder, threads=1, max_tokens=64, candidates=8).scores(QUESTION, TEXTS)


def test_a_reranker_among_the_models_is_verified_file_by_file(folder, tmp_path):
    files = release.describe_files(folder)
    named = release.Reranker("small", "", "", 64, files)
    (tmp_path / named.folder).symlink_to(folder)
    assert release.verify_reranker(named, tmp_path) == tmp_path / named.folder
    other = release.Reranker("small", "", "", 64, {**files, "config.json": release.File("0" * 64, 1)})
    (tmp_path / other.folder).symlink_to(folder)
    with pytest.raises(errors.LockMismatch, match=r"config\.json"):
        release.verify_reranker(other, tmp_path)
