"""The JSON a caller asks for: a small part of JSON Schema, read into a tree whose every leaf can be checked.

What cannot be promised is refused before the model is asked: keywords this part does not know, and booleans,
for a bare yes or no cannot be held against a source.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from services import errors

Kind = Literal["object", "array", "string", "number", "integer", "null", "fixed"]
Schema = Mapping[str, Any]

LONGEST = 16_000
DEEPEST = 8
MOST_PROPERTIES = 100
LARGEST_BOUND = 1000
_KINDS: tuple[Kind, ...] = ("object", "array", "string", "number", "integer", "null")
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
}  # fmt: skip
_SILENT = {"title", "description", "default", "$schema", "$defs", "$id", "examples"}
_KNOWN = {
    "type",
    "properties",
    "required",
    "items",
    "enum",
    "const",
    "anyOf",
    "additionalProperties",
} | _SILENT
_BOUNDS = {"minItems", "maxItems", "minLength", "maxLength"}
_WORD = re.compile(r"[A-Z]?[a-zäöüß]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, slots=True)
class Shape:
    """What may stand at one place; `values` are all that may, where the schema says which."""

    kind: Kind
    is_nullable: bool = False
    description: str = ""
    properties: tuple[tuple[str, "Shape"], ...] = ()
    required: frozenset[str] = frozenset()
    items: "Shape | None" = None
    values: tuple[Any, ...] = ()
    bounds: tuple[tuple[str, int], ...] = ()

    def as_schema(self) -> dict[str, Any]:
        """The schema again, without references, as the engine gets it."""
        plain = self._plain() | dict(self.bounds)
        if self.description:
            plain["description"] = self.description
        return {"anyOf": [plain, {"type": "null"}]} if self.is_nullable and self.kind != "null" else plain

    def _plain(self) -> dict[str, Any]:
        if self.kind == "fixed":
            return {"const": self.values[0]}
        plain: dict[str, Any] = {"type": self.kind}
        if self.kind == "object":
            plain["properties"] = {name: shape.as_schema() for name, shape in self.properties}
            plain |= {"required": sorted(self.required), "additionalProperties": False}
        if self.items is not None:
            plain["items"] = self.items.as_schema()
        if self.values:
            plain["enum"] = list(self.values)
        return plain

    def fits(self, value: Any) -> bool:
        """Whether this one value is of this kind, its parts aside."""
        if value is None:
            return self.is_nullable or self.kind == "null"
        if self.kind == "fixed" or isinstance(value, bool):
            return self.kind == "fixed" and json.dumps(value) == json.dumps(self.values[0])
        if self.values and value not in self.values:
            return False
        return self._is_kind(value) and self._within_bounds(value)

    def _is_kind(self, value: Any) -> bool:
        return isinstance(value, _TYPES.get(self.kind, ()))

    def _within_bounds(self, value: Any) -> bool:
        sizes = {name: limit for name, limit in self.bounds if isinstance(value, list | str)}
        least = max((limit for name, limit in sizes.items() if name.startswith("min")), default=0)
        most = min((limit for name, limit in sizes.items() if name.startswith("max")), default=None)
        return not sizes or (len(value) >= least and (most is None or len(value) <= most))


def read(schema: Schema) -> Shape:
    """The shape of an answer; errors.UnsupportedParameter, naming the place, for what is not known here."""
    _require_size(schema)
    try:
        shape = _Reader(schema.get("$defs") or {}).read(schema, "", 0)
    except (TypeError, AttributeError) as error:  # a list for a name, a number for a list: whatever came in
        raise errors.UnsupportedParameter("The schema is not a JSON Schema") from error
    if shape.kind != "object" or shape.is_nullable:
        raise errors.UnsupportedParameter("A schema describes an object")
    _require_size(shape.as_schema())  # with its references written out, as the model and the engine get it
    return shape


def _require_size(schema: Schema) -> None:
    try:
        size = len(json.dumps(schema, ensure_ascii=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise errors.UnsupportedParameter("The schema is not a JSON Schema") from error
    if size > LONGEST:
        raise errors.UnsupportedParameter(f"A schema has at most {LONGEST} bytes, its references written out")


def spoken(name: str) -> str:
    """A property's name as words: `maxHotelPrice`, `max_hotel_price` → "max hotel price"."""
    return " ".join(word.lower() if not word.isupper() else word for word in _WORD.findall(name))


def pointer(parent: str, name: str | int) -> str:
    """RFC 6901."""
    return f"{parent}/{str(name).replace('~', '~0').replace('/', '~1')}"


@dataclass
class _Reader:
    definitions: Schema
    properties: int = 0

    def read(self, schema: Any, at: str, depth: int) -> Shape:
        if depth > DEEPEST:
            raise errors.UnsupportedParameter(
                f"A schema is at most {DEEPEST} deep, and does not contain itself"
            )
        if not isinstance(schema, Mapping):
            raise _refused(at, "a schema is an object")
        if "$ref" in schema:
            return self.read(self._referred(schema, at), at, depth + 1)
        unknown = sorted(set(schema) - _KNOWN - _BOUNDS)
        if unknown:
            raise _refused(at, f"not supported: {', '.join(unknown)[:200]}")
        if "anyOf" in schema:
            return self._nullable(schema, at, depth)
        if "const" in schema:
            return Shape("fixed", schema["const"] is None, values=(schema["const"],))
        return self._plain(schema, at, depth)

    def _referred(self, schema: Schema, at: str) -> Schema:
        name = str(schema["$ref"]).removeprefix("#/$defs/")
        if not isinstance(self.definitions, Mapping) or name not in self.definitions:
            raise _refused(at, "$ref may only name one of the schema's own $defs")
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return {**self.definitions[name], **beside}

    def _nullable(self, schema: Schema, at: str, depth: int) -> Shape:
        choices = [choice for choice in schema["anyOf"] if choice != {"type": "null"}]
        if len(choices) != 1:
            raise _refused(at, "anyOf may only be one schema, or null")
        shape = self.read(choices[0], at, depth + 1)
        described = str(schema.get("description") or shape.description)
        return replace(
            shape, is_nullable=len(schema["anyOf"]) > 1 or shape.is_nullable, description=described
        )

    def _plain(self, schema: Schema, at: str, depth: int) -> Shape:
        kind, is_nullable = _kind(schema, at)
        shape = Shape(
            kind,
            is_nullable,
            str(schema.get("description") or ""),
            values=_values(schema, at),
            bounds=tuple((name, _count(schema[name], at)) for name in sorted(_BOUNDS & set(schema))),
        )
        if kind == "object":
            return self._object(shape, schema, at, depth)
        if kind == "array":
            return replace(shape, items=self.read(schema.get("items"), pointer(at, 0), depth + 1))
        return shape

    def _object(self, shape: Shape, schema: Schema, at: str, depth: int) -> Shape:
        if schema.get("additionalProperties", False) is not False:
            raise _refused(at, "additionalProperties must be false")
        named = schema.get("properties") or {}
        required = schema.get("required") or []
        if not isinstance(named, Mapping) or not isinstance(required, Sequence) or set(required) - set(named):
            raise _refused(at, "properties is an object, and required names some of them")
        self.properties += len(named)
        if not named or self.properties > MOST_PROPERTIES:
            raise _refused(at, f"an object has properties, and a schema at most {MOST_PROPERTIES}")
        shapes = tuple((name, self.read(each, pointer(at, name), depth + 1)) for name, each in named.items())
        return replace(shape, properties=shapes, required=frozenset(required))


def _kind(schema: Schema, at: str) -> tuple[Kind, bool]:
    """The one type besides null, and whether null is another."""
    named = schema.get("type", "string" if "enum" in schema else None)
    kinds = [named] if isinstance(named, str) else list(named or ())
    others = [kind for kind in _KINDS if kind in kinds and kind != "null"]
    if "boolean" in kinds:
        raise _refused(at, "a bare yes or no cannot be checked; ask for the sentence that says so")
    if len(others) > 1 or not kinds or not set(kinds) <= set(_KINDS):
        raise _refused(at, "type is object, array, string, number or integer, or one of them and null")
    return (others[0] if others else "null"), "null" in kinds


def _values(schema: Schema, at: str) -> tuple[Any, ...]:
    values = schema.get("enum", ())
    known = isinstance(values, list | tuple) and all(isinstance(one, str | int | float) for one in values)
    if not known:
        raise _refused(at, "enum lists strings or numbers")
    return tuple(value for value in values if not isinstance(value, bool))


def _count(value: Any, at: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_BOUND:
        raise _refused(at, f"bounds are whole numbers up to {LARGEST_BOUND}")
    return value


def _refused(at: str, why: str) -> errors.UnsupportedParameter:
    return errors.UnsupportedParameter(f"The schema at {at[:200] or '/'}: {why}")
