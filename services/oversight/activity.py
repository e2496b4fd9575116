"""What was answered, hour by hour, and how quickly: of everybody together, never of a person."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Integer, Row, Select, cast, extract, func, select
from sqlalchemy.orm import Session

from services.database.session import now
from services.database.tables.answers import FAILED, REFUSED, RUNNING, Answer

HOUR_S = 3600


@dataclass(slots=True)
class Hour:
    """One hour's answers. Seconds of the model are from the finished prompt to its last token."""

    at: datetime
    answered: int = 0
    refused: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    model_ms: float = 0.0
    first_ms: list[tuple[float, int]] = field(default_factory=list)

    @property
    def tokens_per_s(self) -> float | None:
        """Of one answer, reading its prompt included; None where the model wrote nothing."""
        if not self.model_ms or not self.completion_tokens:
            return None
        return round(self.completion_tokens / self.model_ms * 1000, 2)

    @property
    def first_sentence_ms(self) -> float | None:
        """Mean over the hour's answers that had one."""
        counted = sum(count for _mean, count in self.first_ms)
        return round(sum(mean * count for mean, count in self.first_ms) / counted, 1) if counted else None


def by_hour(session: Session, hours: int) -> list[Hour]:
    """The last so many whole or begun hours, oldest first, the empty ones among them."""
    newest = int(now().timestamp()) // HOUR_S
    wanted = range(newest - hours + 1, newest + 1)
    found = {number: Hour(datetime.fromtimestamp(number * HOUR_S, UTC)) for number in wanted}
    for row in session.execute(_counted(found[wanted.start].at)):
        if row.hour in found:  # none is newer, but clocks of two machines may differ
            _add(found[row.hour], row)
    return list(found.values())


def _counted(since: datetime) -> Select[int, str, int, int, int, float, float, int]:
    hour = (cast(extract("epoch", Answer.created_at), Integer) // HOUR_S).label("hour")
    prompt, model, first = (_timing(name) for name in ("prompt", "model", "first_sentence"))
    return (
        select(
            hour,
            Answer.state,
            func.count().label("answers"),
            func.sum(Answer.usage["prompt_tokens"].as_integer()).label("prompt_tokens"),
            func.sum(Answer.usage["completion_tokens"].as_integer()).label("completion_tokens"),
            func.sum(model - prompt).label("model_ms"),
            func.avg(first).label("first_ms"),
            func.count(first).label("first_count"),
        )
        .where(Answer.created_at >= since, Answer.state != RUNNING)
        .group_by(hour, Answer.state)
    )


def _timing(name: str) -> ColumnElement[float]:
    moment: ColumnElement[float] = Answer.timings[name].as_float()
    return moment


def _add(hour: Hour, row: Row[int, str, int, int, int, float, float, int]) -> None:
    if row.state == REFUSED:
        hour.refused += row.answers
    elif row.state == FAILED:
        hour.failed += row.answers
    else:
        hour.answered += row.answers
    hour.prompt_tokens += row.prompt_tokens or 0
    hour.completion_tokens += row.completion_tokens or 0
    hour.model_ms += row.model_ms or 0.0
    if row.first_count:
        hour.first_ms.append((row.first_ms, row.first_count))
