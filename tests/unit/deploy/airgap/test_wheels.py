import re
from pathlib import Path

import pytest

from deploy.airgap import wheels
from deploy.bootstrap import environments
from deploy.bootstrap.environments import ENVIRONMENTS, REQUIREMENTS, Builder, Environment
from deploy.bootstrap.progress import Progress, StageFailed

LISTING = """\
# by hand
small-one==1 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via other
Other.Two==2 ; python_version < '4' \\
    --hash=sha256:cc
"""


class Pip(Progress):
    """Answers for pip: refuses each requirement of `none_of` in turn, and keeps what it was asked for."""

    none_of: tuple[str, ...] = ()

    def run(self, name, command, *, cwd, environment):
        self.asked = Path(command[-1]).read_text()
        for each in self.none_of:
            if each in self.asked:
                raise StageFailed(f"ERROR: No matching distribution found for {each}")
        return ""


@pytest.fixture
def builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Builder:
    (tmp_path / "small.txt").write_text(LISTING)
    monkeypatch.setattr(wheels, "REQUIREMENTS", tmp_path)
    monkeypatch.setitem(ENVIRONMENTS, "small", Environment("small", ("small.txt",), torch=False))
    monkeypatch.setattr(Builder, "require", lambda self, name: tmp_path / "envs" / name)
    return Builder(tmp_path, Pip(1, tmp_path), {})


def test_the_lists_of_this_checkout_are_read_whole() -> None:
    for name in ("product.txt", "engine.txt", "engine-gpu.txt", "tools.txt"):
        text = (REQUIREMENTS / name).read_text()
        found = wheels.blocks(text)
        assert len(found) == len(re.findall(r"^[A-Za-z0-9][\w.\[\]-]*==", text, re.MULTILINE))
        assert sum(each.count("--hash=") for each in found) == text.count("--hash=")


def test_a_package_without_a_wheel_is_named_and_the_others_come(builder: Builder, tmp_path: Path) -> None:
    builder.progress.none_of = ("small-one==1",)
    assert wheels.download(builder, ["small"], tmp_path) == ["small-one==1"]
    assert "Other.Two==2" in builder.progress.asked
    assert "small-one" not in builder.progress.asked


def test_where_none_has_a_wheel_all_are_named(builder: Builder, tmp_path: Path) -> None:
    builder.progress.none_of = ("Other.Two==2", "small-one==1")
    assert wheels.download(builder, ["small"], tmp_path) == ["Other.Two==2", "small-one==1"]


def test_another_failure_is_not_taken_for_a_missing_wheel(builder: Builder, tmp_path: Path) -> None:
    builder.progress.none_of = ("small-one",)  # a name without its version is in no list
    with pytest.raises(StageFailed):
        wheels.download(builder, ["small"], tmp_path)


def test_pip_may_write_a_name_in_its_own_way() -> None:
    found = wheels.blocks(LISTING)
    assert wheels.without(found, "other-two==2") == found[:1]
    assert wheels.without(found, "small_one==1") == found[1:]
    assert wheels.without(found, "small-one==2") == found


def test_environments_are_built_from_wheels_that_a_bundle_brought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, str]] = []
    monkeypatch.setattr(
        Progress, "run", lambda self, name, command, *, cwd, environment: seen.append(environment) or ""
    )
    builder = Builder(tmp_path, Progress(1, tmp_path), {"PIP_INDEX_URL": "https://pypi.example.com"})
    builder._run("before", ["pip"])
    (tmp_path / environments.BROUGHT).mkdir()
    builder._run("after", ["pip"])
    assert "PIP_NO_INDEX" not in seen[0]
    assert seen[1]["PIP_NO_INDEX"] == "1"
    assert seen[1]["PIP_FIND_LINKS"] == str(tmp_path / "wheels")
