"""Rows as lines of JSON, the same from SQLite and PostgreSQL: one can be restored into the other."""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Column, Date, Table, func, insert, select, text, update
from sqlalchemy.orm import Session

from services.database.tables import metadata
from services.database.tables.base import UtcDateTime

AT_ONCE = 1000
# What belongs to the moment and not to the library: sign-ins, their throttle, and who follows the index.
LEFT_OUT = frozenset({"web_sessions", "sign_in_attempts", "index_replicas", "workers"})


def kept_tables() -> list[Table]:
    """The tables of a backup, each after those it refers to."""
    return [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]


def dump(session: Session, table: Table) -> Iterator[str]:
    """Every row of the table as one line of JSON, in the order of its key."""
    key = list(table.primary_key.columns)
    for row in session.execute(select(table).order_by(*key).execution_options(yield_per=AT_ONCE)):
        yield json.dumps(dict(row._mapping), default=_as_text, ensure_ascii=False) + "\n"


def load(session: Session, table: Table, lines: Iterable[str]) -> int:
    """Insert the lines' rows; returns how many.

    Columns that refer to rows of the same table are set afterwards, when all rows are there.
    """
    inward = [column for column in table.columns if _refers_inward(column)]
    rows = (_read(table, line) for line in lines)
    count = 0
    later: list[dict[str, Any]] = []
    while batch := list(islice(rows, AT_ONCE)):
        for row in batch:
            later += _take_out(table, inward, row)
        session.execute(insert(table), batch)
        count += len(batch)
    for values in later:
        key = [column == values[f"key_{column.name}"] for column in table.primary_key.columns]
        session.execute(update(table).where(*key).values({column: values[column.name] for column in inward}))
    return count


def continue_numbering(session: Session) -> None:
    """PostgreSQL counts on after the highest number that was restored; SQLite does so by itself."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in kept_tables():
        column = table.autoincrement_column
        if column is not None:
            highest = session.scalar(select(func.max(column)))
            session.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, :column), :value, :used)"),
                {
                    "table": table.name,
                    "column": column.name,
                    "value": highest or 1,
                    "used": highest is not None,
                },
            )


def first_filled(session: Session) -> str | None:
    """Name of a table that holds rows already, if there is one."""
    for table in kept_tables():
        if session.execute(select(table).limit(1)).first() is not None:
            return table.name
    return None


def _as_text(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"a backup cannot hold a {type(value).__name__}")


def _read(table: Table, line: str) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(line)
    for column in table.columns:
        if isinstance(column.type, UtcDateTime) and row.get(column.name) is not None:
            row[column.name] = datetime.fromisoformat(row[column.name])
        elif isinstance(column.type, Date) and row.get(column.name) is not None:
            row[column.name] = date.fromisoformat(row[column.name])
    return row


def _refers_inward(column: Column[Any]) -> bool:
    return any(key.column.table is column.table for key in column.foreign_keys)


def _take_out(table: Table, inward: list[Column[Any]], row: dict[str, Any]) -> list[dict[str, Any]]:
    values = {column.name: row[column.name] for column in inward if row.get(column.name) is not None}
    if not values:
        return []
    row.update(dict.fromkeys(values))
    keys = {f"key_{column.name}": row[column.name] for column in table.primary_key.columns}
    return [dict.fromkeys(column.name for column in inward) | values | keys]
