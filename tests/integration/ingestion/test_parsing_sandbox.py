"""The child's walls, tried from inside: what a taken-over parser could do."""

import os
import platform
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from ingestion import parsing
from ingestion.parsing import ParseLimits, parse
from ingestion.parsing.outcome import to_document
from ingestion.parsing.sandbox import Child, Ended
from services import errors, media_types

ROOT = Path(__file__).resolve().parents[3]
MIB = 1024 * 1024
DOCUMENT = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'

CONFINED = """
import os, sys
sys.path.append({root!r})
from ingestion.reading import confinement
from ingestion.reading.limits import ParseLimits
walls = confinement.confine(ParseLimits(), network_namespace=False, readable=os.path.dirname(os.__file__))
try:
    {attempt}
except OSError as error:
    print(walls.system_calls, walls.file_access, type(error).__name__)
else:
    print(walls.system_calls, walls.file_access, "done")
"""
WORKER = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from ingestion.parsing import ParseLimits
from ingestion.parsing.sandbox import Child
child = Child([(Path({path!r}), "text/plain")], ParseLimits())
print(child.process.pid, flush=True)
child.result(0)
"""


def attempt(code: str) -> list[str]:
    script = CONFINED.format(root=str(ROOT), attempt=code)
    ran = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    return ran.stdout.split()


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    children = [
        child for child in psutil.Process().children(recursive=True) if "child.py" in " ".join(cmdline(child))
    ]
    assert children == []


def cmdline(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []


def docx(path: Path, body: str, before: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("word/document.xml", before + DOCUMENT.format(body))
    return path


@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="no filter for this machine")
@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
        "import socket; socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)",
        "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.kill(os.getppid(), 0)",
    ],
)
def test_system_call_is_refused(code: str) -> None:
    system_calls, _, outcome = attempt(code)

    if system_calls != "True":
        pytest.skip("this kernel allows no filter")
    assert outcome == "PermissionError"


@pytest.mark.parametrize("code", ["open('/etc/hostname')", "os.listdir('/')", "open('made.txt', 'w')"])
def test_file_is_out_of_reach(code: str) -> None:
    _, file_access, outcome = attempt(code)

    if file_access != "True":
        pytest.skip("this kernel has no Landlock")
    assert outcome == "PermissionError"


def test_threads_still_start() -> None:
    assert attempt("import threading; t = threading.Thread(target=print); t.start(); t.join()")[-1] == "done"


def test_child_holds_no_environment_and_no_other_descriptor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_SECRET", "x")
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    with secret.open() as held:
        os.set_inheritable(held.fileno(), True)
        path = tmp_path / "slow.txt"
        os.mkfifo(path)
        keep = os.open(path, os.O_RDWR)
        with Child([(path, media_types.TEXT)], ParseLimits()) as child:
            process = psutil.Process(child.process.pid)
            assert "HOLDFAST_SECRET" not in process.environ()
            assert str(secret) not in {file.path for file in process.open_files()}
            assert not Path(process.cwd().removesuffix(" (deleted)")).exists()
        os.close(keep)


def test_wall_time_ends_the_whole_group(tmp_path: Path) -> None:
    path = tmp_path / "endless.txt"
    os.mkfifo(path)
    keep = os.open(path, os.O_RDWR)

    with pytest.raises(errors.DocumentOverLimit, match="too long"):
        parsing.parse_file(path, media_types.TEXT, ParseLimits(wall_s=1.0))

    os.close(keep)


def test_next_document_is_read_after_one_that_hung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first child is in a hurry, so that a slow machine reads the second document all the same."""
    patience = iter([0.5, 120.0])
    monkeypatch.setattr(
        parse, "Child", lambda batch, limits: Child(batch, replace(limits, wall_s=next(patience)))
    )
    hung, fine = tmp_path / "hung.txt", tmp_path / "fine.txt"
    os.mkfifo(hung)
    keep = os.open(hung, os.O_RDWR)
    fine.write_text("all is well")

    verdicts = list(parsing.parse_many([(hung, media_types.TEXT), (fine, media_types.TEXT)], ParseLimits()))

    os.close(keep)
    assert isinstance(verdicts[0], errors.DocumentOverLimit)
    assert verdicts[1].blocks[0].text == "all is well"


def test_each_of_many_gets_its_own_verdict(tmp_path: Path) -> None:
    paths = [tmp_path / f"{n}.txt" for n in range(70)]
    for n, path in enumerate(paths):
        path.write_text(f"document {n}" if n % 7 else "")

    verdicts = list(parsing.parse_many([(path, media_types.TEXT) for path in paths], ParseLimits()))

    assert [isinstance(verdict, errors.DocumentCorrupt) for verdict in verdicts] == [
        n % 7 == 0 for n in range(70)
    ]
    assert verdicts[1].blocks[0].text == "document 1"


def test_child_ends_with_its_worker(tmp_path: Path) -> None:
    path = tmp_path / "endless.txt"
    os.mkfifo(path)
    keep = os.open(path, os.O_RDWR)
    script = WORKER.format(root=str(ROOT), path=str(path))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        child = psutil.Process(int(worker.stdout.readline()))
        worker.send_signal(signal.SIGKILL)
    os.close(keep)
    assert psutil.wait_procs([child], timeout=120)[1] == []


def test_endless_table_ends_at_its_cells(tmp_path: Path) -> None:
    path = tmp_path / "endless.csv"
    path.write_bytes(b"a,b,c\n" + b"1,2,3\n" * 2_000_000)

    with pytest.raises(errors.DocumentOverLimit, match="cells"):
        parsing.parse_file(path, media_types.CSV, ParseLimits(cells=1000))


def test_too_much_text_ends_at_the_pipe(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(b"many words again\n\n" * 500_000)

    with pytest.raises(errors.DocumentOverLimit, match="more text"):
        parsing.parse_file(path, media_types.TEXT, ParseLimits(output_bytes=MIB))


def test_file_larger_than_memory_ends_typed(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.write(b"word " * MIB)
        file.truncate(400 * MIB)

    with pytest.raises(errors.DocumentOverLimit):
        parsing.parse_file(path, media_types.TEXT, ParseLimits(memory_bytes=200 * MIB))


def test_processor_time_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "slow.md"
    path.write_bytes(b"a | b\n" + b"![" * 400_000)

    with pytest.raises(errors.DocumentOverLimit):
        parsing.parse_file(path, media_types.MARKDOWN, ParseLimits(cpu_s=2, wall_s=60))


def test_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = docx(tmp_path / "bomb.docx", "<w:p>" + "A" * (300 * MIB) + "</w:p>")
    assert bomb.stat().st_size < MIB

    with pytest.raises(errors.DocumentOverLimit):
        parsing.parse_file(bomb, media_types.DOCX, ParseLimits(expanded_bytes=100 * MIB))


def test_zip_that_lies_about_its_size_ends_within_memory(tmp_path: Path) -> None:
    made = docx(
        tmp_path / "liar.docx", "<w:p><w:r><w:t>" + "A " * (150 * MIB) + "</w:t></w:r></w:p>"
    ).read_bytes()
    size = len(DOCUMENT.format("<w:p><w:r><w:t>" + "</w:t></w:r></w:p>")) + 300 * MIB
    lying = made.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert lying != made
    (tmp_path / "liar.docx").write_bytes(lying)

    with pytest.raises(errors.DocumentUnreadable):
        parsing.parse_file(tmp_path / "liar.docx", media_types.DOCX, ParseLimits(memory_bytes=512 * MIB))


def test_billion_laughs_end_within_limits(tmp_path: Path) -> None:
    entities = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    )
    bomb = docx(
        tmp_path / "laughs.docx", "<w:p><w:r><w:t>&j;</w:t></w:r></w:p>", f"<!DOCTYPE d [{entities}]>"
    )
    with suppress(errors.DocumentUnreadable):
        assert (
            sum(len(block.text) for block in parsing.parse_file(bomb, media_types.DOCX, ParseLimits()).blocks)
            < 1000
        )


def test_entity_that_names_a_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("SECRET")
    entity = f'<!DOCTYPE d [<!ENTITY x SYSTEM "file://{tmp_path}/secret.txt">]>'
    path = docx(tmp_path / "xxe.docx", "<w:p><w:r><w:t>a &x; b</w:t></w:r></w:p>", entity)
    with suppress(errors.DocumentUnreadable):
        found = parsing.parse_file(path, media_types.DOCX, ParseLimits())
        assert "SECRET" not in str(found)


def test_nested_elements_end_typed(tmp_path: Path) -> None:
    path = docx(tmp_path / "deep.docx", "<w:p>" * 200_000 + "deep" + "</w:p>" * 200_000)
    with suppress(errors.DocumentUnreadable):
        parsing.parse_file(path, media_types.DOCX, ParseLimits(wall_s=60))


@pytest.mark.parametrize(
    ("output", "status", "expected"),
    [
        (b"memory allocation of 9000 bytes failed\n", -signal.SIGABRT, errors.DocumentOverLimit),
        (b"", -signal.SIGXCPU, errors.DocumentOverLimit),
        (b"", -signal.SIGKILL, errors.DocumentOverLimit),
        (b"thread panicked\n", -signal.SIGABRT, errors.DocumentCorrupt),
        (b"", -signal.SIGSEGV, errors.DocumentCorrupt),
        (b'{"done":{}}\n', -signal.SIGSEGV, errors.DocumentCorrupt),
        (b'{"done":{}}\n', 0, errors.DocumentEmpty),
        (b'{"error":"password","detail":""}\n', 0, errors.DocumentEncrypted),
        (b'{"error":"no such code","detail":7}\n', 0, errors.DocumentUnreadable),
        (b"[1]\nnull\n{not json", 0, errors.DocumentCorrupt),
    ],
)
def test_death_is_told_from_its_signs(output: bytes, status: int, expected: type[Exception]) -> None:
    with pytest.raises(errors.DocumentUnreadable) as raised:
        to_document(Ended(output, status))
    assert type(raised.value) is expected


def test_forged_pieces_are_checked() -> None:
    lines = [
        b'{"piece":["heading","Top\\u0000",1,1]}',
        b'{"piece":["evil","no",1,0]}',
        b'{"piece":["text","half \\ud800 pair",-4,0]}',
        b'{"piece":["text"]}',
        b'{"done":{"title":7,"pages":"many","warnings":[3,"ok"]}}',
    ]
    found = to_document(Ended(b"\n".join(lines), 0))

    assert [(block.kind, block.text, block.page) for block in found.blocks] == [
        ("heading", "Top", 1),
        ("text", "half ? pair", None),
    ]
    assert found.blocks[1].heading_path == ("Top",)
    assert (found.title, found.pages) == ("", 0)
