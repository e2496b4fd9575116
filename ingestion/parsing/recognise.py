"""Text from pictures of pages by Tesseract, where it is installed: a confined child draws, the program reads.

Neither sees more than it needs: the child has the document and gives out pixels, Tesseract has one page's
pixels on a descriptor and gives back characters. Each page and each document has its time.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingestion.parsing.frames import Frames
from ingestion.parsing.recognised import Recognised, read_table
from ingestion.parsing.sandbox import ENVIRONMENT, Child
from ingestion.reading.limits import MIB, ParseLimits
from services.errors import DocumentUnreadable

STARTER = Path(__file__).parents[1] / "reading" / "program.py"
SYSTEM_FOLDERS = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/sys/devices",
    "/dev/null",
)
WORDS, TABLE = ("stdin", "stdout"), ("-c", "tessedit_create_tsv=1", "--psm")
TURNS = (2, 1, 3)  # quarters: upside down is the most common
MOST_TURNED = 20_000_000
WHOLE_S = 1800.0
MOST_TEXT = 4 * MIB
ORIENTATION = "osd"
MOST_PIXELS = 41_000_000


Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Recogniser:
    """The program and the languages it reads, joined by plus signs; whether it can tell how a page lies."""

    program: Path
    languages: str
    turns: bool = False

    def read(self, path: Path, media_type: str, pages: Sequence[int], limits: ParseLimits) -> dict[int, str]:
        """Each page's text, paragraphs parted by blank lines; none named means the first ones.

        What is not done in time is left out.
        """
        ends_at = time.monotonic() + WHOLE_S
        patient = replace(limits, wall_s=WHOLE_S, cpu_s=limits.cpu_s + 5 * limits.recognised_pages)
        found: dict[int, str] = {}
        with Child([(path, media_type)], patient, "pictures", pages[: limits.recognised_pages]) as child:
            frames = Frames(child, MOST_PIXELS * limits.recognised_pages)
            with suppress(DocumentUnreadable):
                for line in frames.lines():
                    match line.get("picture"):
                        case [int(page), int(wide), int(high)] if 0 < wide * high <= MOST_PIXELS:
                            raw = b"".join(frames.content(wide * high))
                            pixels = np.frombuffer(raw, np.uint8).reshape(high, wide)
                            found[page] = self._page(pixels, limits)
                    if time.monotonic() > ends_at:
                        break
        return found

    def _page(self, pixels: Pixels, limits: ParseLimits) -> str:
        """The text as the page lies; where it makes no sense, as it is read best when turned."""
        found = self._recognised(pixels, limits)
        for quarters in TURNS if pixels.size <= MOST_TURNED and not found.is_sure else ():
            turned = self._recognised(np.rot90(pixels, quarters), limits)
            found = max(found, turned, key=lambda one: one.confidence)
            if found.is_sure:
                break
        return found.text if found.is_legible else ""

    def _recognised(self, pixels: Pixels, limits: ParseLimits) -> Recognised:
        high, wide = pixels.shape
        held = os.memfd_create("page", os.MFD_CLOEXEC)
        try:
            with os.fdopen(os.dup(held), "wb") as file:
                file.write(b"P5 %d %d 255\n" % (wide, high) + pixels.tobytes())
            os.lseek(held, 0, os.SEEK_SET)
            return read_table(self._run(held, limits).decode("utf-8", "replace"))
        finally:
            os.close(held)

    def _run(self, picture: int, limits: ParseLimits) -> bytes:
        """What the program says; nothing where it fails, takes too long or says too much."""
        with subprocess.Popen(
            [sys.executable, "-I", str(STARTER), self._order(limits)],
            stdin=picture,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT | {"OMP_THREAD_LIMIT": "1"},
            cwd="/",
            start_new_session=True,
        ) as process:
            try:
                return _bounded(process, time.monotonic() + limits.recognised_s)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def _order(self, limits: ParseLimits) -> str:
        program = self.program.resolve()
        bounds = asdict(replace(limits, cpu_s=int(limits.recognised_s) + 1))
        return json.dumps(
            {
                "parent": os.getpid(),
                "limits": bounds,
                "program": [str(program), *WORDS, "-l", self.languages, *TABLE, "1" if self.turns else "3"],
                "folders": [*SYSTEM_FOLDERS, str(program.parents[1])],
            }
        )


def find_recogniser(program: str, languages: str) -> Recogniser | None:
    """Tesseract as it is installed here; None where it is not, or reads no language."""
    place = shutil.which(program) if program else None
    if place is None:
        return None
    with suppress(OSError, subprocess.SubprocessError):
        known = _known(place)
        wanted = [code for code in languages.split("+") if code in known] or _usual(known)
        return Recogniser(Path(place), "+".join(wanted), ORIENTATION in known) if wanted else None
    return None


@cache
def _known(program: str) -> list[str]:
    """Asked once for each program; one that is installed later is found by the next document."""
    said = subprocess.run([program, "--list-langs"], capture_output=True, timeout=20, check=True, text=True)
    return [line.strip() for line in said.stdout.split("\n")[1:] if line.strip()]


def _usual(known: Sequence[str]) -> list[str]:
    return ["eng"] if "eng" in known else [code for code in known if code != ORIENTATION][:1]


def _bounded(process: subprocess.Popen[bytes], ends_at: float) -> bytes:
    parts: list[bytes] = []
    if process.stdout is None:
        return b""
    descriptor = process.stdout.fileno()
    while sum(map(len, parts)) <= MOST_TEXT:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, ends_at - time.monotonic()))
        if not ready:
            return b""
        part = os.read(descriptor, MIB)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return b""
