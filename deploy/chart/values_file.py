"""values.yaml with its comments: every key, what is said above it, and what a `schema:` line adds."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

MARK = "schema:"


@dataclass(frozen=True)
class Key:
    """One key; `hint` is the JSON after `schema:`, empty where the default says enough."""

    path: tuple[str, ...]
    default: Any
    text: str
    hint: dict[str, Any]
    children: tuple["Key", ...] = ()

    @property
    def name(self) -> str:
        return ".".join(self.path)

    def walk(self) -> Iterator["Key"]:
        yield self
        for child in self.children:
            yield from child.walk()


def read(path: Path) -> tuple[Key, ...]:
    """The file's top keys, each with those below it."""
    text = path.read_text(encoding="utf-8")
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(node, yaml.MappingNode):
        raise TypeError(f"{path}: expected a mapping")
    return _keys(node, yaml.safe_load(text), text.splitlines(), ())


def _keys(
    node: yaml.MappingNode, values: dict[str, Any], lines: Sequence[str], path: tuple[str, ...]
) -> tuple[Key, ...]:
    return tuple(_key(name, value, values[name.value], lines, path) for name, value in node.value)


def _key(name: yaml.Node, node: yaml.Node, default: Any, lines: Sequence[str], path: tuple[str, ...]) -> Key:
    comment = _comment_above(lines, name.start_mark.line)
    said = [line for line in comment if not line.startswith(MARK)]
    hints = [json.loads(line.removeprefix(MARK)) for line in comment if line.startswith(MARK)]
    here = (*path, str(name.value))
    below = _keys(node, default, lines, here) if isinstance(node, yaml.MappingNode) else ()
    # What nobody says anything about is a value of its own shape, not a group.
    children = below if any(child.text or child.children for child in below) else ()
    return Key(here, default, " ".join(said), hints[0] if hints else {}, children)


def _comment_above(lines: Sequence[str], line: int) -> list[str]:
    above = []
    while line > 0 and lines[line - 1].lstrip().startswith("#"):
        line -= 1
        above.append(lines[line].strip().removeprefix("#").strip())
    return above[::-1]
