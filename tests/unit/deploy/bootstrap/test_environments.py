import os
import re
import subprocess
import sys
import tomllib
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from deploy.bootstrap import cache, environments
from deploy.bootstrap.environments import ENVIRONMENTS, REQUIREMENTS, Builder, Environment
from deploy.bootstrap.progress import Progress, StageFailed

SMALL = Environment("small", ("small.txt",), torch=False)


def write_wheel(folder: Path, name: str) -> str:
    """A package of one empty module; returns its line in a list."""
    wheel = folder / f"{name}-1-py3-none-any.whl"
    info = f"{name}-1.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return f"{name}==1 --hash=sha256:{sha256(wheel.read_bytes()).hexdigest()}\n"


@pytest.fixture
def builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Builder:
    """A builder without a network, whose packages come from a folder and whose tools hold no uv."""
    lists = tmp_path / "requirements"
    lists.mkdir()
    (lists / "small.txt").write_text(write_wheel(lists, "small"))
    (lists / "tools.txt").write_text(write_wheel(lists, "spanner"))
    monkeypatch.setattr(environments, "REQUIREMENTS", lists)
    monkeypatch.setitem(ENVIRONMENTS, "small", SMALL)
    offline = {"PATH": "/usr/bin:/bin", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(lists)}
    return Builder(tmp_path / "cache", Progress(1, tmp_path / "logs"), offline)


def test_the_folder_follows_the_lists(builder: Builder, tmp_path: Path) -> None:
    first = environments.folder_of(SMALL, tmp_path)
    assert environments.folder_of(SMALL, tmp_path) == first
    (environments.REQUIREMENTS / "small.txt").write_text("# another\n")
    assert environments.folder_of(SMALL, tmp_path) != first


def test_the_folder_follows_the_python(
    builder: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = environments.folder_of(SMALL, tmp_path)
    monkeypatch.setattr(cache, "python_tag", lambda: "cpython-9.9-riscv64")
    assert environments.folder_of(SMALL, tmp_path) != first


def test_a_finished_environment_is_left_alone(builder: Builder) -> None:
    folder = environments.folder_of(SMALL, builder.root)
    folder.mkdir(parents=True)
    cache.mark_finished(folder, "test")
    before = sorted(folder.iterdir())
    assert builder.require("small") == folder
    assert sorted(folder.iterdir()) == before
    assert builder.progress.done == 0


def test_an_unfinished_environment_is_built_again_with_pip_where_uv_fails(builder: Builder) -> None:
    folder = environments.folder_of(SMALL, builder.root)
    folder.mkdir(parents=True)
    (folder / "half").write_text("left by a start that was killed")
    builder.require("small")
    assert cache.is_finished(folder)
    assert not (folder / "half").exists()
    subprocess.run([environments.python_of(folder), "-c", "import small"], check=True)


def test_a_package_with_another_digest_is_refused_and_leaves_no_mark(builder: Builder) -> None:
    tools, line = (environments.REQUIREMENTS / each for each in ("tools.txt", "small.txt"))
    tools.write_text(re.sub("[0-9a-f]{64}", "0" * 64, line.read_text()))
    with pytest.raises(StageFailed, match="DO NOT MATCH THE HASHES"):
        builder.require("tools")
    assert not cache.is_finished(environments.folder_of(ENVIRONMENTS["tools"], builder.root))


@pytest.mark.parametrize("name", [name for name in ENVIRONMENTS if name != "small"])
def test_every_list_pins_every_package_by_hash(name: str) -> None:
    for path in (REQUIREMENTS / each for each in ENVIRONMENTS[name].lists):
        text = path.read_text()
        pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert pins
        assert all("==" in line for line in pins)
        # One or more digests under each pin.
        assert all(block.lstrip().startswith("--hash=sha256:") for block in text.split("\\\n")[1::1])
        assert "://" not in text


def test_every_wish_of_the_product_is_in_its_list() -> None:
    project = tomllib.loads((environments.ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[\[=<>~! ;]", wish)[0].lower() for wish in project["dependencies"]} - {"torch"}
    pinned = {line.partition("==")[0] for line in (REQUIREMENTS / "product.txt").read_text().splitlines()}
    assert names <= {name.partition("[")[0] for name in pinned}


def test_the_lists_leave_torch_to_pip() -> None:
    for name in ("product", "dev", "engine", "quantize"):
        names = {
            line.partition("==")[0]
            for path in ENVIRONMENTS[name].files
            if path.name != "torch.txt"
            for line in path.read_text().splitlines()
        }
        assert not names & {"torch", "torchvision", "torchaudio", "torchcodec"}


def test_missing_names_are_told_from_other_versions() -> None:
    assert environments._missing_name("vllm 1 requires torchaudio, which is not installed.") == "torchaudio"
    assert environments._missing_name("a 1 requires b<2, but you have b 3 which is incompatible.") == ""


def test_only_one_of_two_starts_builds(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    program = (
        f"import sys; sys.path.insert(0, {str(environments.ROOT)!r})\n"
        "from pathlib import Path; from deploy.bootstrap import cache\n"
        f"with cache.held(Path({str(lock)!r})): print('in', flush=True); sys.stdin.read()"
    )
    start = [sys.executable, "-c", program]
    with subprocess.Popen(start, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout.readline() == b"in\n"
        with subprocess.Popen(start, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as second:
            os.set_blocking(second.stdout.fileno(), False)
            assert second.stdout.read() is None
            first.stdin.close()
            os.set_blocking(second.stdout.fileno(), True)
            assert second.stdout.readline() == b"in\n"
            second.stdin.close()
