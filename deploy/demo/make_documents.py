"""Write the demo company's documents and the calibration text: `python -m deploy.demo.make_documents`."""

import json
from collections.abc import Callable
from pathlib import Path

from deploy.demo import calibration, markup
from deploy.demo.formats import pdf, plain, sheets, slides, word

HERE = Path(__file__).parent
DRAW: dict[str, Callable[[markup.Source], bytes]] = {
    "csv": plain.draw_csv,
    "docx": word.draw,
    "eml": plain.draw_mail,
    "html": plain.draw_html,
    "md": plain.draw_markdown,
    "pdf": pdf.draw,
    "pptx": slides.draw,
    "txt": plain.draw_text,
    "xlsx": sheets.draw,
}


def write_documents(sources: list[markup.Source], folder: Path) -> None:
    for source in sources:
        target = folder / source.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(DRAW[source.about["format"]](source))


def write_calibration(sources: list[markup.Source], target: Path) -> None:
    lines = (json.dumps(row, ensure_ascii=False) for row in calibration.calibration_rows(sources))
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    every_source = markup.read_sources()
    write_documents(every_source, HERE / "documents")
    write_calibration(every_source, HERE / "calibration.jsonl")
