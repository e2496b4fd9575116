"""Write the demo company's documents and the calibration text: `python -m deploy.demo.make_documents`."""

import json
from pathlib import Path

from deploy.demo import calibration, markup

HERE = Path(__file__).parent


def write_calibration(target: Path) -> None:
    rows = calibration.calibration_rows(markup.read_sources())
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_calibration(HERE / "calibration.jsonl")
