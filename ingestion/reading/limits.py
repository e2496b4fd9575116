"""How much one document may cost before reading it ends."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """Sizes in bytes, times in seconds, each for one document.

    `expanded_bytes` bounds what an archive-based file unpacks to, `cells` the used range of one sheet,
    `attachments` how many of the files in a document become documents; `recognised_pages` how many pages of
    pictures are read as text, each within `recognised_s`.
    """

    wall_s: float = 120.0
    cpu_s: int = 90
    memory_bytes: int = 2048 * MIB
    output_bytes: int = 64 * MIB
    input_bytes: int = 512 * MIB
    pages: int = 5000
    expanded_bytes: int = 512 * MIB
    cells: int = 2_000_000
    attachments: int = 1000
    recognised_pages: int = 300
    recognised_s: float = 60.0
