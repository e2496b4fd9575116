"""An answer in the caller's JSON: every string and number is checked, what no source states becomes null.

Where null is not allowed there, the nearest part around it that may be null (or left out) goes; where none
may, the answer is refused.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services import errors
from services.answers import shapes
from services.answers.grounding import Citations, Conflict, GroundedSentence, Leaf, LeafChecker, Support
from services.answers.shapes import Shape

Check = Callable[[Leaf], Support]


@dataclass(frozen=True, slots=True)
class FilledLeaf:
    """A value that stands, with the JSON pointer to it."""

    pointer: str
    support: Support


@dataclass(frozen=True, slots=True)
class Filled:
    """The value as it may be given, and each value in it that stands, with its citation.

    `emptied` are pointers to what no source states.
    """

    value: dict[str, Any]
    sentences: tuple[GroundedSentence, ...]
    emptied: tuple[str, ...]
    conflicts: tuple[Conflict, ...] = ()

    @property
    def text(self) -> str:
        return json.dumps(self.value, ensure_ascii=False)


def fill(said: str, shape: Shape, checker: LeafChecker) -> Filled:
    """The model's JSON after checking.

    errors.AnswerUnfit where it is not JSON of the shape, errors.AnswerUnsupported where a value that must be
    there is in no source.
    """
    try:
        value = json.loads(said)
    except (ValueError, RecursionError) as error:
        raise errors.AnswerUnfit from error
    filler = _Filler(checker.check)
    filled = filler.fill(value, shape)
    citations = Citations()
    sentences = [_as_sentence(number, leaf, citations) for number, leaf in enumerate(filler.leaves)]
    return Filled(filled, tuple(sentences), tuple(filler.emptied), checker.conflicts(citations))


def _as_sentence(number: int, leaf: FilledLeaf, citations: Citations) -> GroundedSentence:
    support = leaf.support
    cited = support.passage and citations.number(support.passage, support.start, support.end)
    return GroundedSentence(
        number, support.shown, "supported", (cited,) if cited else (), pointer=leaf.pointer
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands; `naming` is the property that says what its object in a list is about."""

    pointer: str = ""
    label: str = ""
    about: str = ""
    naming: tuple[str, str] | None = None
    is_naming: bool = False

    def inside(self, name: str | int) -> "_Place":
        label = self.label if isinstance(name, int) else shapes.spoken(name)
        about = self.naming[1] if self.naming and name != self.naming[0] else self.about
        is_naming = self.naming is not None and name == self.naming[0]
        return _Place(shapes.pointer(self.pointer, name), label, about, is_naming=is_naming)


class _Unsupported(Exception):
    def __init__(self, pointer: str) -> None:
        self.pointer = pointer


@dataclass
class _Filler:
    check: Check
    leaves: list[FilledLeaf] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)

    def fill(self, value: Any, shape: Shape) -> dict[str, Any]:
        """The whole; errors.AnswerUnsupported where what does not stand may not be left out."""
        try:
            found: dict[str, Any] = self._filled(value, shape, _Place())
        except _Unsupported as missing:
            raise errors.AnswerUnsupported(
                f"No source you may read states {missing.pointer[:200]}; allow null there to get the rest"
            ) from missing
        return found

    def _filled(self, value: Any, shape: Shape, place: _Place) -> Any:
        if not shape.fits(value):
            raise errors.AnswerUnfit
        if value is None or shape.kind == "fixed":
            return value
        before = len(self.leaves)
        try:
            return self._standing(value, shape, place)
        except _Unsupported as missing:
            if not shape.is_nullable:
                raise
            self._empty(missing.pointer, before)
            return None

    def _empty(self, pointer: str, before: int) -> None:
        """What hangs on a value that does not stand goes with it."""
        del self.leaves[before:]
        self.emptied.append(pointer)

    def _standing(self, value: Any, shape: Shape, place: _Place) -> Any:
        if shape.kind == "object":
            return dict(self._properties(value, shape, place))
        if shape.kind == "array" and shape.items is not None:
            return [self._item(each, shape.items, place.inside(row)) for row, each in enumerate(value)]
        return self._leaf(value, place)

    def _properties(self, value: Mapping[str, Any], shape: Shape, place: _Place) -> Iterator[tuple[str, Any]]:
        known = dict(shape.properties)
        if set(value) - set(known) or shape.required - set(value):
            raise errors.AnswerUnfit
        for name, part in known.items():
            if name not in value:
                continue
            before = len(self.leaves)
            try:
                yield name, self._filled(value[name], part, place.inside(name))
            except _Unsupported as missing:
                if name in shape.required:
                    raise
                self._empty(missing.pointer, before)

    def _item(self, value: Any, shape: Shape, place: _Place) -> Any:
        """One of a list. An object is about its first string: its other values must be said of that."""
        if isinstance(value, dict):
            texts = [(name, value.get(name)) for name, part in shape.properties if part.kind == "string"]
            naming = next(((name, text) for name, text in texts if isinstance(text, str) and text), None)
            place = replace(place, naming=naming)
        return self._filled(value, shape, place)

    def _leaf(self, value: Any, place: _Place) -> Any:
        text = value.strip() if isinstance(value, str) else json.dumps(value)
        if not text:
            return value
        support = self.check(Leaf(text, place.label, place.about, place.is_naming))
        if not support.is_supported:
            raise _Unsupported(place.pointer)
        self.leaves.append(FilledLeaf(place.pointer, support))
        return value
