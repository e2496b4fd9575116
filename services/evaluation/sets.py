"""Question sets: JSON lines or CSV, one question each.

    question    what is asked (the only column that must be there)
    id          a name that stays when the set is sorted anew; else the number of the line
    answers     right answers, any of which will do; `answer` is the same
    key_facts   wordings that a right answer holds all of; where given, they decide what is right
    answerable  whether the documents answer it; yes where nothing is said
    document    name of the document that answers it
    pages       its pages that do, any of which will do; `page` is the same
    support     the sentences of the document that answer it, word for word
    as          login of the person it is asked as; else that of the one who evaluates
    group       who may know the answer, for the reader of the set
    denied_as   login of a person who may not
    canary      a wording that this person must never receive, through whatever door

Several values in one cell of a CSV file are separated by `|`.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from services import errors
from services.evaluation import wording

CELL_SEPARATOR = "|"
MANY = ("answers", "answer", "key_facts", "pages", "page")


@dataclass(frozen=True, slots=True)
class Question:
    """One question with what is right; `canary` is a wording that only readers of `group` may receive."""

    id: str
    question: str
    asker: str = ""
    answerable: bool = True
    answers: tuple[str, ...] = ()
    key_facts: tuple[str, ...] = ()
    document: str | None = None
    pages: tuple[int, ...] = ()
    support: str | None = None
    group: str = ""
    denied_as: str | None = None
    canary: str | None = None


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions with the name and the digest of the file that they stand in."""

    name: str
    digest: str
    questions: tuple[Question, ...]

    @property
    def logins(self) -> set[str]:
        """Everybody as whom something is asked."""
        return {login for one in self.questions for login in (one.asker, one.denied_as) if login}


def _listed(value: Any) -> Any:
    if value is None:
        return ()
    return value if isinstance(value, list) else [value]


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Pages = Annotated[tuple[Annotated[int, Field(ge=1)], ...], BeforeValidator(_listed)]


class Row(BaseModel):
    """One line as it is written; a column that is not known is a slip, not a note."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    id: str = ""
    question: Annotated[str, Field(min_length=1, max_length=4000)]
    answers: Annotated[Texts, Field(validation_alias=AliasChoices("answers", "answer"))] = ()
    key_facts: Texts = ()
    answerable: bool = True
    document: str | None = None
    pages: Annotated[Pages, Field(validation_alias=AliasChoices("pages", "page"))] = ()
    support: str | None = None
    asker: Annotated[str, Field(validation_alias="as")] = ""
    group: str = ""
    denied_as: str | None = None
    canary: str | None = None


def read_set(path: Path) -> QuestionSet:
    """errors.InvalidRequest, naming the line, where something is wrong with it."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise errors.InvalidRequest(f"{path} cannot be read as text: {error}") from error
    rows = _csv_rows(text) if path.suffix.lower() == ".csv" else _json_rows(text)
    questions = tuple(_question(path.name, number, row) for number, row in rows)
    _require_sound(path.name, questions)
    return QuestionSet(path.stem, sha256(content).hexdigest(), questions)


def write_set(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Rows with the columns above, as JSON lines."""
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8")


def _json_rows(text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except ValueError as error:
            raise errors.InvalidRequest(f"Line {number} is not JSON: {error}") from error


def _csv_rows(text: str) -> Iterator[tuple[int, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="more cells than columns")
    for cells in reader:
        filled = {name.strip(): value for name, value in cells.items() if value}
        yield reader.line_num, {name: _cell(name, value) for name, value in filled.items()}


def _cell(name: str, value: Any) -> Any:
    if name not in MANY:
        return value
    return [part.strip() for part in value.split(CELL_SEPARATOR) if part.strip()]


def _question(file: str, number: int, row: Any) -> Question:
    if isinstance(row, dict) and row.keys() >= {"page", "pages"}:
        row = {name: value for name, value in row.items() if name != "page"}
    try:
        told = Row.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole line"
        raise errors.InvalidRequest(f"{file}, line {number}, {place}: {first['msg']}") from error
    return Question(**dict(told) | {"id": told.id or str(number)})


def _require_sound(file: str, questions: Sequence[Question]) -> None:
    if not questions:
        raise errors.InvalidRequest(f"{file} holds no question")
    seen: set[str] = set()
    for one in questions:
        if one.id in seen:
            raise errors.InvalidRequest(f"{file}: two questions are named {one.id}")
        seen.add(one.id)
        if bool(one.denied_as) != bool(one.canary):
            raise errors.InvalidRequest(f"{file}, {one.id}: denied_as and canary belong together")
        # A canary that the question itself holds would be echoed, and count as a leak that is none.
        if one.canary and wording.is_written_in(one.canary, one.question):
            raise errors.InvalidRequest(f"{file}, {one.id}: the canary stands in the question")
