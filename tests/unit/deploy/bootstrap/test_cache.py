from pathlib import Path

import pytest

from deploy.bootstrap import cache


def test_the_root_is_named_by_the_environment_or_lies_at_home(tmp_path: Path) -> None:
    assert cache.root_of({"HOLDFAST_CACHE": str(tmp_path)}) == tmp_path
    assert cache.root_of({}) == Path.home() / ".cache" / "holdfast"


@pytest.mark.parametrize(
    ("first", "second"), [(("a", "b"), ("b", "a")), (("ab", ""), ("a", "b")), (("a",), ("a", ""))]
)
def test_the_digest_tells_contents_apart(
    tmp_path: Path, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    def digest(contents: tuple[str, ...]) -> str:
        paths = [tmp_path / f"{number}.txt" for number in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_text(content)
        return cache.digest_of_files(paths)

    assert digest(first) != digest(second)
    assert digest(first) == digest(first)


def test_a_folder_counts_only_with_its_mark(tmp_path: Path) -> None:
    assert not cache.is_finished(tmp_path)
    cache.mark_finished(tmp_path, "note")
    assert cache.is_finished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [cache.FINISHED]
