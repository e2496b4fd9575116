import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from services import errors, release
from services.engine import launch
from services.release import Lock
from tests.ground import provisional_lock

PARTS = ("generator", "embedder", "reranker", "prompts")


@pytest.fixture(scope="module")
def module_lock(tmp_path_factory: pytest.TempPathFactory) -> Lock:
    return provisional_lock(tmp_path_factory.mktemp("models"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "part"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"hidden_size": 8}))
    (folder / "model.safetensors").write_bytes(b"w" * 100)
    return folder


@pytest.fixture
def small_lock(module_lock: Lock, folder: Path) -> Lock:
    """A lock whose every part is the files of `folder`."""
    files = release.describe_files(folder)
    return replace(
        module_lock,
        generator=replace(module_lock.generator, files=files),
        embedder=replace(module_lock.embedder, files=files),
        reranker=release.Reranker("r", "p", "model", 512, files),
        prompts=files,
    )


def test_a_written_lock_reads_back_equal(small_lock: Lock, tmp_path: Path) -> None:
    path = tmp_path / "locks" / "demo.toml"
    release.write_lock(small_lock, path)
    assert release.read_lock(path) == small_lock
    assert path.read_text().startswith(f"# release {small_lock.release_id}\n")
    assert list(path.parent.iterdir()) == [path]


def test_the_reranker_is_optional(module_lock: Lock, tmp_path: Path) -> None:
    release.write_lock(module_lock, tmp_path / "a.toml")
    assert release.read_lock(tmp_path / "a.toml").reranker is None


def test_toml_holds_names_with_dots_slashes_and_quotes() -> None:
    table = {
        "empty": {},
        "a": {"b c": 'say "hi"', "1_Pooling/config.json": {"sha256": "0", "size": 1}},
        "n": 0.5,
    }
    assert tomllib.loads(release.as_toml(table)) == table


def test_the_same_content_has_the_same_release_id_in_any_order(module_lock: Lock) -> None:
    reversed_files = dict(reversed(module_lock.embedder.files.items()))
    same = replace(module_lock, embedder=replace(module_lock.embedder, files=reversed_files))
    assert same.release_id == module_lock.release_id


def test_another_precision_is_another_generation_and_the_usual_one_is_not_part_of_its_name(
    module_lock: Lock,
) -> None:
    half = replace(module_lock, embedder=replace(module_lock.embedder, precision="bfloat16"))
    assert half.generation != module_lock.generation
    files = {name: file.sha256 for name, file in module_lock.embedder.files.items()}
    assert module_lock.embedder.digest == launch.digest_of(files)


def test_a_precision_that_nothing_computes_in_is_refused(tmp_path: Path, module_lock: Lock) -> None:
    path = tmp_path / "lock.toml"
    release.write_lock(module_lock, path)
    head, _, rest = path.read_text().partition("\n")
    path.write_text(rest.replace('precision = "float32"', 'precision = "int3"'))
    assert head.startswith("# release")
    with pytest.raises(errors.LockMismatch, match="int3"):
        release.read_lock(path)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("sampling", {"seed": 1}),
        ("engine", {"version": "9"}),
        ("ingestion", {"chunker": "other"}),
        ("generator", {"context_tokens": 1}),
    ],
)
def test_any_change_gives_another_release_id(module_lock: Lock, part: str, change: dict) -> None:
    other = replace(module_lock, **{part: replace(getattr(module_lock, part), **change)})
    assert other.release_id != module_lock.release_id


def test_a_generation_follows_the_embedder_and_the_chunker_only(module_lock: Lock) -> None:
    chunker = replace(module_lock, ingestion=replace(module_lock.ingestion, chunker="other"))
    sampling = replace(module_lock, sampling=replace(module_lock.sampling, seed=9))
    assert chunker.generation != module_lock.generation
    assert sampling.generation == module_lock.generation


def test_the_generators_folder_is_named_by_its_files(small_lock: Lock, folder: Path) -> None:
    assert small_lock.generator.folder == launch.folder_name(launch.describe_files(folder))
    assert small_lock.generator.digest.startswith(small_lock.generator.folder)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_what_the_lock_names_passes(small_lock: Lock, folder: Path, part: str) -> None:
    release.verify(small_lock, {part: folder})


@pytest.mark.parametrize("part", PARTS)
def test_one_changed_byte_in_any_part_is_refused_with_both_digests(
    small_lock: Lock, folder: Path, part: str
) -> None:
    expected = small_lock.embedder.files["model.safetensors"].sha256
    (folder / "model.safetensors").write_bytes(b"w" * 99 + b"x")
    with pytest.raises(errors.LockMismatch) as refused:
        release.verify(small_lock, {part: folder})
    found = launch.sha256_of(folder / "model.safetensors")
    assert str(folder / "model.safetensors") in refused.value.detail
    assert f"expected sha256 {expected}, found {found}" in refused.value.detail


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_file_is_refused(small_lock: Lock, folder: Path, part: str) -> None:
    (folder / "config.json").unlink()
    with pytest.raises(errors.LockMismatch, match="found no such file"):
        release.verify(small_lock, {part: folder})


@pytest.mark.parametrize("part", PARTS)
def test_a_file_too_much_is_refused(small_lock: Lock, folder: Path, part: str) -> None:
    (folder / "notes.md").write_text("more")
    with pytest.raises(errors.LockMismatch, match=r"notes\.md: expected nothing here"):
        release.verify(small_lock, {part: folder})


def test_pickled_weights_are_refused_even_when_named(folder: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(errors.LockMismatch, match="expected safetensors"):
        release.verify_files(release.describe_files(folder), folder)


def test_remote_code_is_refused_even_when_named(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"auto_map": {"AutoModel": "m.M"}}))
    with pytest.raises(errors.LockMismatch, match="no remote code"):
        release.verify_files(release.describe_files(folder), folder)


def test_a_configuration_that_is_not_json_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text("{")
    with pytest.raises(errors.LockMismatch):
        release.verify_files(release.describe_files(folder), folder)


def test_the_bundled_embedder_is_found_and_verified(module_lock: Lock) -> None:
    folder = release.verify_embedder(module_lock)
    assert (folder / "model.safetensors").is_file()


def test_a_missing_embedder_package_is_said(module_lock: Lock) -> None:
    other = replace(module_lock, embedder=replace(module_lock.embedder, package="no_such_package"))
    with pytest.raises(errors.LockMismatch, match="no_such_package"):
        release.verify_embedder(other)


def test_no_lock_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(errors.LockMismatch, match="make run"):
        release.read_lock(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "text", ["not toml at all", "name = 'x'\n", "[generator]\nserved_name = 'x'\n", b"\xff".decode("latin-1")]
)
def test_what_is_no_lock_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lock.toml"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(errors.LockMismatch, match="not a lock"):
        release.read_lock(path)


def test_an_unknown_word_in_a_lock_is_refused(module_lock: Lock, tmp_path: Path) -> None:
    path = tmp_path / "lock.toml"
    unsealed = release.as_toml(release.as_table(module_lock))
    path.write_text(unsealed.replace("[sampling]", "[sampling]\ntop_k = 3"))
    with pytest.raises(errors.LockMismatch, match="top_k"):
        release.read_lock(path)


@pytest.mark.parametrize(
    "part", ["sampling", "engine", "ingestion", "grounding", "generator", "embedder", "prompts"]
)
def test_a_lock_with_one_changed_byte_in_any_part_is_refused(
    module_lock: Lock, tmp_path: Path, part: str
) -> None:
    """The last letter or digit of each part's first value becomes its neighbour; the seal stays."""
    path = tmp_path / "release.toml"
    release.write_lock(module_lock, path)
    lines = path.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"[{part}"))
    at = next(number for number in range(start, len(lines)) if " = " in lines[number])
    place = max(place for place, letter in enumerate(lines[at]) if letter.isalnum())
    lines[at] = lines[at][:place] + changed(lines[at][place]) + lines[at][place + 1 :]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(errors.LockMismatch):
        release.read_lock(path)


def changed(letter: str) -> str:
    return {"0": "1", "e": "f", "1": "2"}.get(letter, chr(ord(letter) - 1))


def test_optional_parts_that_are_absent_leave_the_release_id_as_it_was(module_lock: Lock) -> None:
    named = replace(module_lock, generator=replace(module_lock.generator, tokenizer="0" * 64))
    assert "tokenizer" not in release.as_table(module_lock)["generator"]
    assert named.release_id != module_lock.release_id
    assert release.lock_from(release.as_table(named)) == named
