"""pdfium, which kreuzberg unpacks from itself into the temporary folder and loads from there.

In the shared /tmp anyone could lay another library in its place, and a confined process can neither write nor
open it. So it is unpacked once into a folder of our own, and loaded before the walls go up: the loader then
finds it by name.
"""

import ctypes
import os
from pathlib import Path

from ingestion.reading import extraction
from services.errors import DocumentUnreadable, HoldfastError
from services.media_types import PDF

LIBRARY = Path("kreuzberg-pdfium/libpdfium.so")
SMALLEST_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


_loaded: list[ctypes.CDLL] = []


def load(folder: Path) -> bool:
    """Whether pdfium is loaded into this process; without it, reading a PDF says so."""
    library = folder / LIBRARY
    if not library.exists():
        _unpack()
    try:
        _loaded.append(ctypes.CDLL(str(library)))
    except OSError:
        return False
    return True


def loaded() -> ctypes.CDLL:
    if not _loaded:
        raise DocumentUnreadable("The library that reads PDF files could not be loaded.")
    return _loaded[0]


def _unpack() -> None:
    """In a process of its own: the threads this starts must not be there when documents' processes fork."""
    pid = os.fork()
    if pid == 0:
        try:
            extraction.extract(SMALLEST_PDF, PDF)
        except HoldfastError:
            os._exit(1)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
