"""Plain text of the demo documents, in rows long enough to calibrate a quantization with."""

from collections.abc import Iterator

from deploy.demo import markup

ENOUGH = 1_100  # characters: a little over 256 tokens of English text


def calibration_rows(sources: list[markup.Source]) -> Iterator[dict[str, str]]:
    for source in sources:
        for number, text in enumerate(_pieces(source), 1):
            yield {"id": f"{source.path}#{number}", "text": text}


def _pieces(source: markup.Source) -> Iterator[str]:
    """Text of `source` cut between parts; a short end joins the piece before it."""
    pieces = [source.title]
    for part in source.parts:
        if len(pieces[-1]) >= ENOUGH:
            pieces.append(source.title)
        pieces[-1] += "\n\n" + markup.plain_text((part,))
    if len(pieces) > 1 and len(pieces[-1]) < ENOUGH // 2:
        tail = pieces.pop().removeprefix(source.title)
        pieces[-1] += tail
    yield from pieces
