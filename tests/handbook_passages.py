"""Passages for the grounding's tests, cut out of one stored text as the chunker would."""

from services.passages import Passage

STORED = """Leave. Employees receive 25 days of paid leave per calendar year. Managers receive 30 days of \
paid leave. Unused days lapse on 31 March 2026 unless the head of department agrees. \
Requests must not be sent by e-mail.

| City | Limit per night | Meals |
| --- | --- | --- |
| London | £185 | £42 |
| Edinburgh | £140 | £41 |

Error HF-204 means that the certificate has expired. Error HF-301 means that the disk is full. \
Call Anna Berger before 5 p.m. on working days.

The following are needed:
- a passport
- two photographs"""


def passage(
    opening: str, closing: str, *, name: str = "handbook.pdf", path: tuple[str, ...] = (), **more: object
) -> Passage:
    start = STORED.index(opening)
    end = STORED.index(closing, start) + len(closing)
    given = {"first_page": 3, **more}
    return Passage(
        f"{name}#{start}",
        name,
        name,
        "c",
        name,
        STORED[start:end],
        start,
        end,
        1.0,
        path,
        **given,  # type: ignore[arg-type]
    )


def handbook() -> list[Passage]:
    return [
        passage("Leave.", "e-mail.", path=("Leave",)),
        passage("| City", "£41 |", path=("Hotels",), kind="table"),
        passage("Error HF-204", "working days.", path=("Service desk",)),
        passage("The following", "photographs", path=("Badge",)),
    ]
