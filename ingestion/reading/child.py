"""The process that reads documents, run as `python -I child.py ORDER`; it is given up as lost beforehand.

It loads the readers once, then forks for every document, so that one document can neither see nor alter the
next one. Each fork reads descriptor 0 and writes JSON lines to descriptor 1: the walls that stand, one line a
piece, then what else was learned, or the error. How each fork ended goes to a descriptor that no fork keeps.
"""

import json
import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

# Isolated mode leaves this file's packages out of the path; appended, they cannot hide a standard module.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from ingestion.reading import confinement, dispatch
from ingestion.reading.limits import ParseLimits
from ingestion.reading.pieces import Reading
from services.errors import DocumentCorrupt, DocumentOverLimit, HoldfastError
from services.media_types import PDF

READ_AT_ONCE = 1024 * 1024


def main() -> None:
    order = json.loads(sys.argv[1])
    confinement.die_with(order["parent"])
    limits = ParseLimits(**order["limits"])
    network_left = confinement.leave_network()
    _load_readers({entry["media_type"] for entry in order["documents"]}, Path(order["libraries"]))
    for entry in order["documents"]:
        status = _read_in_fork(entry, limits, network_left=network_left)
        os.write(order["report"], f"{status}\n".encode())


def _load_readers(media_types: set[str], libraries: Path) -> None:
    """Everything a reader needs, before files are out of reach; text need not wait for the PDF library."""
    for media_type in media_types:
        with suppress(HoldfastError):
            dispatch.load_readers(media_type)
    if PDF in media_types:
        import_module("ingestion.reading.pdf_library").load(libraries)


def _read_in_fork(entry: dict[str, Any], limits: ParseLimits, *, network_left: bool) -> int:
    """Exit code of the fork, or minus the signal that ended it."""
    me = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            confinement.die_with(me)
            _enter(entry["input"], entry["output"])
            walls = confinement.confine(
                limits, network_namespace=network_left, readable=str(Path(os.__file__).parent)
            )
            _say({"walls": walls.as_record()})
            _do(entry, limits)
        finally:
            os._exit(0)
    os.close(entry["input"])
    os.close(entry["output"])
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _enter(source: int, sink: int) -> None:
    """Standard streams only: the document, the pipe, and the pipe again for what a dying library prints."""
    os.dup2(source, 0)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))


def _do(entry: dict[str, Any], limits: ParseLimits) -> None:
    try:
        if entry["task"] == "attachments":
            _say_attachments(entry["media_type"], limits)
        elif entry["task"] == "pictures":
            _say_pictures(entry["media_type"], entry["pages"], limits)
        else:
            _say_reading(dispatch.read(_input(limits), entry["media_type"], limits))
    except HoldfastError as error:
        _say({"error": error.code, "detail": error.detail})
    except (MemoryError, RecursionError):
        _say({"error": DocumentOverLimit.code, "detail": ""})
    except BaseException as error:  # noqa: BLE001 - a reader's own failure, panics of its native part included
        _say({"error": DocumentCorrupt.code, "detail": "", "cause": type(error).__name__})


def _input(limits: ParseLimits) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := os.read(0, READ_AT_ONCE):
        parts.append(part)
        size += len(part)
        if size > limits.input_bytes:
            raise DocumentOverLimit("The file is too large to be read; split it.")
    return b"".join(parts)


def _say_reading(found: Reading) -> None:
    for piece in found.pieces:
        _say({"piece": [piece.kind, piece.text, piece.page, piece.level]})
    learned = {"title": found.title, "pages": found.pages, "warnings": list(found.warnings)}
    _say({"done": {**learned, "attachments": list(found.attachments), "unread": list(found.unread_pages)}})


def _say_attachments(media_type: str, limits: ParseLimits) -> None:
    """Each file that lies in the document: its name, kind and size on a line, then its bytes."""
    for entry in dispatch.attachments(_input(limits), media_type, limits):
        content = entry.load(-1)
        _say({"attached": [entry.name, entry.media_type, len(content)]})
        _write(content)
    _say({"done": {}})


def _say_pictures(media_type: str, pages: list[int], limits: ParseLimits) -> None:
    """Each of these pages as grey pixels: its number, width and height on a line, then a byte a pixel."""
    for page, wide, high, pixels in dispatch.pictures(_input(limits), media_type, pages, limits):
        _say({"picture": [page, wide, high]})
        _write(pixels)
    _say({"done": {}})


def _say(line: dict[str, Any]) -> None:
    _write(json.dumps(line, ensure_ascii=True, separators=(",", ":")).encode() + b"\n")


def _write(data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(1, left) :]


if __name__ == "__main__":
    main()
