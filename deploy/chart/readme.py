"""The chart's README: README.md.in with its tables of values and settings filled in."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from deploy.chart import settings
from deploy.chart.values_file import Key

VALUES, SETTINGS = "<!-- values -->\n", "<!-- settings -->\n"


def of(text: str, keys: Iterable[Key]) -> str:
    """`text` with each mark replaced by its table."""
    return text.replace(VALUES, _values(keys)).replace(SETTINGS, _settings())


def _values(keys: Iterable[Key]) -> str:
    head = "| key | default | what |\n|---|---|---|\n"
    return head + "".join(row for key in keys for row in _rows(key))


def _rows(key: Key) -> Iterator[str]:
    default = "" if key.children else f"`{_shown(key.default)}`"
    if key.text or not key.children:
        yield f"| `{key.name}` | {default} | {_cell(key.text)} |\n"
    for child in key.children:
        yield from _rows(child)


def _shown(default: Any) -> str:
    return _cell(json.dumps(default, ensure_ascii=False))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _settings() -> str:
    head = "| setting | type | default |\n|---|---|---|\n"
    return head + "".join(
        f"| `config.{name}` | {_cell(kind)} | {_cell(default)} |\n" for name, kind, default in settings.rows()
    )
