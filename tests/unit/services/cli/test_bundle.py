"""A bundle made, checked and loaded as a person does it; and every way in which one can be wrong."""

import io
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services import release, signatures
from services.cli import bundle, bundle_archive
from services.release import Lock
from services.settings import load_settings

Change = Callable[[tarfile.TarInfo, bytes], tuple[tarfile.TarInfo, bytes] | None]


@pytest.fixture
def bundled(tmp_path: Path, lock: Lock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lock]:
    """The lock of a small model whose files, parts and keys lie under `tmp_path`."""
    draft = tmp_path / "models" / "draft"
    draft.mkdir(parents=True)
    (draft / "model.safetensors").write_bytes(b"weights" * 1000)
    (draft / "config.json").write_text("{}")
    small = replace(lock, generator=replace(lock.generator, files=release.describe_files(draft)))
    draft.rename(tmp_path / "models" / small.generator.folder)
    release.write_lock(small, tmp_path / "release.toml")
    for name, text in {
        "wheels/small-1-py3-none-any.whl": "wheel",
        "page/index.html": "<html>",
        "chart/holdfast-0.1.0.tgz": "chart",
        "images.txt": "registry.internal/product@sha256:0\n",
        "wheels.json": json.dumps(
            {"python": "cpython-3.11", "environments": ["product"], "missing": ["x==1"]}
        ),
    }.items():
        (tmp_path / "parts" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "parts" / name).write_text(text)
    signatures.make_key_pair(tmp_path / "private.pem", tmp_path / "public.pem")
    monkeypatch.setenv("HOLDFAST_RELEASE__MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HOLDFAST_RELEASE__LOCK", str(tmp_path / "release.toml"))
    monkeypatch.delenv("HOLDFAST_CACHE", raising=False)
    load_settings.cache_clear()
    yield small
    load_settings.cache_clear()


@pytest.fixture
def archive(tmp_path: Path, bundled: Lock) -> Path:
    path = tmp_path / "holdfast.tar"
    told("create", path, "--key", tmp_path / "private.pem", "--parts", tmp_path / "parts")
    return path


def told(*words: object, code: int = 0) -> str:
    done = CliRunner().invoke(bundle.app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.output


def load(archive: Path, *words: object, code: int = 0) -> str:
    key = archive.with_name("public.pem")
    return told("load", archive, "--key", key, "--into", archive.with_name("cache"), *words, code=code)


def changed(archive: Path, change: Change, *added: tuple[tarfile.TarInfo, bytes]) -> Path:
    """The archive with each member as `change` gives it, and more at its end."""
    path = archive.with_name("changed.tar")
    with tarfile.open(archive) as old, tarfile.open(path, "w") as new:
        for member in old:
            kept = change(member, old.extractfile(member).read())
            if kept:
                kept[0].size = len(kept[1])
                new.addfile(kept[0], io.BytesIO(kept[1]))
        for member, content in added:
            new.addfile(member, io.BytesIO(content))
    return path


def as_it_is(member: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    return member, content


def member(name: str, content: bytes = b"", **more: object) -> tuple[tarfile.TarInfo, bytes]:
    made = tarfile.TarInfo(name)
    made.size = len(content)
    for field, value in more.items():
        setattr(made, field, value)
    return made, content


def test_what_was_packed_is_put_where_it_is_looked_for(archive: Path, bundled: Lock) -> None:
    said = load(archive)
    cache = archive.with_name("cache")
    assert release.read_lock(cache / "locks" / "default.toml") == bundled
    folder = bundled.generator.folder
    release.verify_files(bundled.generator.files, cache / "models" / folder)
    assert (cache / "models" / f"{folder}.toml").is_file()
    for name in (
        "wheels/small-1-py3-none-any.whl",
        "page/index.html",
        "chart/holdfast-0.1.0.tgz",
        "images.txt",
    ):
        assert (cache / name).read_bytes() == (archive.parent / "parts" / name).read_bytes()
    assert f"release {bundled.release_id}" in said
    assert "no wheel of x==1 is in the bundle" in said
    assert not list(cache.glob(".bundle-*"))


def test_a_second_bundle_takes_the_place_of_the_first_and_leaves_nothing_of_it(archive: Path) -> None:
    load(archive)
    parts = archive.with_name("parts")
    (parts / "wheels" / "small-1-py3-none-any.whl").rename(parts / "wheels" / "small-2-py3-none-any.whl")
    (archive.with_name("release.toml.sig")).write_text("the lock's own signature\n")
    second = archive.with_name("second.tar")
    told("create", second, "--key", archive.with_name("private.pem"), "--parts", parts)
    (archive.with_name("cache") / ".bundle-left-by-a-kill").mkdir()
    load(second)
    wheels = archive.with_name("cache") / "wheels"
    assert [path.name for path in wheels.iterdir()] == ["small-2-py3-none-any.whl"]
    assert not list(wheels.parent.glob(".bundle-*"))
    assert (wheels.parent / "locks" / "default.toml.sig").is_file()
    load(archive)
    assert not (wheels.parent / "locks" / "default.toml.sig").exists()


def test_equal_contents_give_an_equal_archive(archive: Path) -> None:
    again = archive.with_name("again.tar")
    told("create", again, "--key", archive.with_name("private.pem"), "--parts", archive.with_name("parts"))
    assert again.read_bytes() == archive.read_bytes()
    once_more = ("create", again, "--key", archive.with_name("private.pem"))
    assert "is there already" in told(*once_more, "--parts", archive.with_name("parts"), code=1)


def test_a_whole_bundle_is_verified_with_and_without_a_key(archive: Path) -> None:
    assert "signed by" in told("verify", archive, "--key", archive.with_name("public.pem"))
    assert "whose they are was not checked" in told("verify", archive)


def test_each_altered_missing_and_surplus_file_is_named(archive: Path) -> None:
    def change(found: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes] | None:
        if found.name == "page/index.html":
            return found, b"<script>"
        return None if found.name == "images.txt" else (found, content)

    broken = changed(archive, change, member("wheels/evil.whl", b"x"), member("wheels.json", b"{}"))
    said = told("verify", broken, "--key", archive.with_name("public.pem"), code=1)
    assert sorted(said.splitlines()) == [
        "altered: page/index.html",
        "missing: images.txt",
        "surplus: wheels/evil.whl",
        "twice: wheels.json",
    ]
    assert "altered: page/index.html" in load(broken, code=1)
    assert not (archive.with_name("cache") / "models").exists()
    assert not list(archive.with_name("cache").glob(".bundle-*"))


def test_checksums_that_were_changed_along_are_refused_where_a_key_is_given(archive: Path) -> None:
    def change(found: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
        if found.name == "page/index.html":
            return found, b"<script>"
        if found.name == bundle_archive.SUMS:
            digest = re.search(rb"[0-9a-f]{64}(?=  page/index.html)", content).group()
            return found, content.replace(digest, sha256(b"<script>").hexdigest().encode())
        return found, content

    forged = changed(archive, change)
    assert "is not that of" in load(forged, code=1)
    assert "is not that of" in told("verify", forged, "--key", archive.with_name("public.pem"), code=1)
    assert "every file is what" in told("verify", forged)  # checksums alone prove no maker


def test_another_key_is_refused(archive: Path) -> None:
    signatures.make_key_pair(archive.with_name("other.pem"), archive.with_name("other.pub"))
    assert "is not that of" in load(archive, "--key", archive.with_name("other.pub"), code=1)


def test_where_a_signature_is_required_a_key_must_be_named(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_RELEASE__REQUIRE_SIGNATURE", "true")
    load_settings.cache_clear()
    assert "name the key" in told("load", archive, "--into", archive.with_name("cache"), code=1)
    monkeypatch.setenv("HOLDFAST_RELEASE__PUBLIC_KEY", str(archive.with_name("public.pem")))
    load_settings.cache_clear()
    assert "signed by" in told("load", archive, "--into", archive.with_name("cache"))


@pytest.mark.parametrize(
    "name",
    [
        "../escape",
        "/etc/escape",
        "models/../../escape",
        "page/./x",
        "page//x",
        "page\\..\\x",
        "x",
        "models",
        "",
    ],
)
def test_a_name_that_leaves_the_folder_is_never_written_even_when_it_is_signed(
    archive: Path, name: str
) -> None:
    digest = sha256(b"out").hexdigest().encode()

    def change(found: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
        if found.name == bundle_archive.SUMS:
            content += digest + b"  " + name.encode() + b"\n"
            sums.append(content)
        if found.name == bundle_archive.SIGNATURE:
            return found, signatures.sign_text(sums[0], archive.with_name("private.pem"))
        return found, content

    sums: list[bytes] = []
    before = {path for path in archive.parent.rglob("*") if "cache" not in path.parts}
    assert "not those of a bundle" in load(changed(archive, change, member(name, b"out")), code=1)
    found = {
        path for path in archive.parent.rglob("*") if not path.is_relative_to(archive.with_name("cache"))
    }
    assert found - before == {archive.with_name("changed.tar")}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_links_and_devices_are_refused(archive: Path, kind: bytes) -> None:
    link = member("page/index.html", type=kind, linkname="/etc/passwd")
    broken = changed(
        archive, lambda found, text: None if found.name == "page/index.html" else (found, text), link
    )
    assert "no plain file: page/index.html" in load(broken, code=1)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6])
def test_a_bundle_that_was_cut_off_changes_nothing(archive: Path, share: float) -> None:
    cut = archive.with_name("cut.tar")
    content = archive.read_bytes()
    cut.write_bytes(content[: int(len(content) * share)])
    load(cut, code=1)
    assert not (archive.with_name("cache") / "locks").exists()


def test_what_is_no_bundle_is_said(archive: Path) -> None:
    other = archive.with_name("other.tar")
    with tarfile.open(other, "w") as tar:
        tar.addfile(member("page/x")[0])
    assert "does not begin with its SHA256SUMS" in load(other, code=1)
    assert "There is no bundle" in load(archive.with_name("nowhere.tar"), code=1)


def test_a_model_that_is_not_the_locks_is_refused(archive: Path, bundled: Lock) -> None:
    (archive.parent / "models" / bundled.generator.folder / "model.safetensors").write_bytes(b"others")
    again = ("create", archive.with_name("second.tar"), "--key", archive.with_name("private.pem"))
    assert "expected" in told(*again, "--parts", archive.with_name("parts"), code=1)


def test_parts_that_are_not_all_there_are_named(archive: Path) -> None:
    shutil.rmtree(archive.with_name("parts") / "page")
    again = ("create", archive.with_name("second.tar"), "--key", archive.with_name("private.pem"))
    assert "lacks page/" in told(*again, "--parts", archive.with_name("parts"), code=1)


def test_standard_tools_verify_it_too(archive: Path, tmp_path: Path) -> None:
    """As deploy/offline.md says, for a machine that has nothing of ours yet."""
    if not (shutil.which("openssl") and shutil.which("sha256sum")):
        pytest.skip("openssl or sha256sum is not at hand")
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    script = """
        tar xf ../holdfast.tar
        base64 -d SHA256SUMS.sig > SHA256SUMS.sig.raw
        openssl pkeyutl -verify -pubin -inkey ../public.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig.raw
        sha256sum --check --quiet --strict SHA256SUMS
    """
    done = subprocess.run(["sh", "-euc", script], cwd=unpacked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (unpacked / "page" / "index.html").write_text("<script>")
    again = subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=unpacked, check=False, capture_output=True
    )
    assert again.returncode != 0
