import sys
from pathlib import Path

import pytest

from deploy.bootstrap.progress import Progress, StageFailed


def test_stages_are_counted_with_a_bar_and_seconds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = Progress(2, tmp_path)
    with progress.stage("first"):
        pass
    with progress.stage("second"):
        pass
    lines = capsys.readouterr().err.splitlines()
    assert "1/2 first" in lines[1]
    assert lines[-1].startswith("█" * 20 + " 2/2 second")


def test_a_failed_stage_is_not_counted(tmp_path: Path) -> None:
    progress = Progress(1, tmp_path)
    with pytest.raises(StageFailed), progress.stage("first"):
        raise StageFailed("no")
    assert progress.done == 0


def test_a_failing_command_shows_its_last_lines_and_where_the_rest_is(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('\\n'.join(map(str, range(99)))); raise SystemExit(3)"]
    with pytest.raises(StageFailed) as failed:
        Progress(1, tmp_path).run("job", command, cwd=tmp_path, environment={})
    told = str(failed.value)
    assert "status 3" in told
    assert str(tmp_path / "job.log") in told
    assert told.splitlines()[-1] == "98"
    assert "\n10\n" not in told


def test_downloads_are_added_up(tmp_path: Path) -> None:
    progress = Progress(1, tmp_path)
    progress.count_download("Resolved 3 packages\nPrepared 2 packages in 1m 02s\n")
    progress.count_download("Prepared 1 package in 500ms\n")
    assert progress.downloading == pytest.approx(62.5)
