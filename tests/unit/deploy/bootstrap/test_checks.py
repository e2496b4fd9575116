from pathlib import Path

import pytest

from deploy.bootstrap import checks


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_a_fit_python_passes(version: tuple[int, int]) -> None:
    assert checks.python_problem(version) is None


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_an_unfit_python_is_named_with_what_to_type(version: tuple[int, int]) -> None:
    problem = checks.python_problem(version)
    assert f"this is 3.{version[1]}" in problem
    assert "make run PYTHON=python3.11" in problem


def test_too_little_disk_is_said_before_anything_starts(tmp_path: Path) -> None:
    assert checks.disk_problem(tmp_path / "not" / "there", 1) is None
    problem = checks.disk_problem(tmp_path / "not" / "there", 2**60)
    assert "GiB are needed" in problem
    assert "HOLDFAST_CACHE" in problem


def test_too_little_memory_is_said() -> None:
    assert checks.memory_problem(1) is None
    assert "of memory are needed" in checks.memory_problem(2**60)


def test_all_problems_come_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LEAST_MEMORY", 2**60)
    monkeypatch.setattr(checks.memory_problem, "__defaults__", (2**60,))
    assert len(list(checks.problems(tmp_path, 2**60))) == 2
