from pathlib import Path

from tests.benchmarks import corpus


def total(batch: list[Path]) -> int:
    return sum(path.stat().st_size for path in batch)


def test_without_public_data_the_demo_is_repeated_with_its_own_bytes(tmp_path):
    batches = corpus.batches(300, 3, tmp_path / "corpus", data=tmp_path / "none")
    files = [path for batch in batches for path in batch]
    assert len({path.read_bytes() for path in files}) == len(files) > 3
    assert max(map(total, batches)) < 2 * min(map(total, batches))


def test_public_documents_are_dealt_into_like_batches(tmp_path):
    pdfs, pages = tmp_path / "answers/contoso/documents", tmp_path / "handbook/sourcegraph/a"
    pdfs.mkdir(parents=True)
    pages.mkdir(parents=True)
    for number in range(4):
        (pdfs / f"{number} of four.pdf").write_bytes(b"%" * 1000 * (number + 1))
    for number in range(20):
        (pages / f"{number}.md").write_text("word " * 1400)
    batches = corpus.batches(100, 2, tmp_path / "corpus", data=tmp_path)
    assert [sum(path.suffix == ".pdf" for path in batch) for batch in batches] == [2, 2]
    assert len({path.name for batch in batches for path in batch}) == sum(map(len, batches))
    assert sum(path.suffix == ".md" for batch in batches for path in batch) < 20
