"""Every route of the application and every field of it that names something, read from the application."""

import re
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

# What in a query or body points at a row: an id, a cursor (which wraps one), or a collection by its name.
POINTS = re.compile(r"(?:_ids?|^cursor|^collections?|^model)$")


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """(method, path) of all, whether the schema shows them or not; HEAD goes with GET."""
    return sorted({(method, path) for path, methods in _found(app.routes) for method in methods - {"HEAD"}})


def _found(entries: Any) -> Iterator[tuple[str, set[str]]]:
    for entry in entries:
        if hasattr(entry, "effective_route_contexts"):  # an included router
            yield from ((one.path, set(one.methods)) for one in entry.effective_route_contexts())
        else:
            yield entry.path, set(entry.methods)


def pointers(schema: dict[str, Any], method: str, path: str) -> set[str]:
    """Names of the fields in path, query and body through which a caller may name something."""
    operation = schema["paths"].get(path, {}).get(method.lower(), {})
    given = operation.get("parameters", [])
    names = {one["name"] for one in given if one["in"] == "path"}
    asked = {one["name"] for one in given if one["in"] == "query"}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        asked |= _properties(schema, content["schema"])
    return names | {name for name in asked if POINTS.search(name)}


def _properties(schema: dict[str, Any], body: dict[str, Any]) -> set[str]:
    if "$ref" in body:
        body = schema["components"]["schemas"][body["$ref"].rsplit("/", 1)[-1]]
    return set(body.get("properties", {}))
