"""What the processor's own counter says that it used; most virtual machines have none."""

from pathlib import Path

POWERCAP = Path("/sys/class/powercap")


def joules(root: Path = POWERCAP) -> float | None:
    """Sum of all packages' counters (RAPL), None where there is none to be read."""
    found = []
    for package in sorted(root.glob("intel-rapl:[0-9]")):
        try:
            found.append(int((package / "energy_uj").read_text(encoding="ascii")))
        except (OSError, ValueError):
            return None
    return sum(found) / 1e6 if found else None


def used(before: float | None, after: float | None) -> float | None:
    """Between two readings; None where a counter began anew meanwhile."""
    if before is None or after is None or after < before:
        return None
    return after - before
