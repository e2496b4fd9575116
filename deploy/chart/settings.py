"""The product's settings as the chart's `config` has them, taken from services/settings.py itself."""

from collections.abc import Iterator
from typing import Any

from services.settings import Settings

# What the chart decides: addresses, folders, mode. Secrets are left out by their type.
CHARTS_OWN = {
    "mode",
    "data_dir",
    "release",
    "database.url",
    "queue.url",
    "chroma",
    "engine.url",
    "files.root",
    "web.host",
    "web.port",
    "web.dist",
    "web.secure_cookies",
    "sight.metrics_host",
    "sight.metrics_port",
}
KEPT = ("type", "enum", "items", "minimum", "maximum", "anyOf", "pattern", "additionalProperties", "const")


def schema() -> dict[str, Any]:
    """A closed object of every setting that may be written in a ConfigMap."""
    described = Settings.model_json_schema()
    return _object(described, described.get("$defs", {}), "")


def _object(described: dict[str, Any], shared: dict[str, Any], prefix: str) -> dict[str, Any]:
    properties = {
        name: _value(entry, shared, f"{prefix}{name}")
        for name, entry in described["properties"].items()
        if f"{prefix}{name}" not in CHARTS_OWN and not _is_secret(entry)
    }
    kept = {name: shape for name, shape in properties.items() if shape.get("properties") != {}}
    return {"type": "object", "additionalProperties": False, "properties": kept}


def _value(entry: dict[str, Any], shared: dict[str, Any], name: str) -> dict[str, Any]:
    target = _resolved(entry, shared)
    if "properties" in target:
        return _object(target, shared, f"{name}.")
    return _plain(target, shared)


def _resolved(entry: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = shared[entry["$ref"].rpartition("/")[2]] if "$ref" in entry else entry
    return found


def _plain(entry: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """The shape without titles, defaults and formats, references written out, objects closed."""
    entry = _resolved(entry, shared)
    if "properties" in entry:
        return _object(entry, shared, ":")
    kept = {key: entry[key] for key in KEPT if key in entry}
    if isinstance(kept.get("items"), dict):
        kept["items"] = _plain(kept["items"], shared)
    if "anyOf" in kept:
        kept["anyOf"] = [_plain(each, shared) for each in kept["anyOf"]]
    if isinstance(kept.get("additionalProperties"), dict):
        kept["additionalProperties"] = _plain(kept["additionalProperties"], shared)
    return kept


def _is_secret(entry: dict[str, Any]) -> bool:
    return bool(entry.get("writeOnly")) or any(map(_is_secret, entry.get("anyOf", [])))


def rows() -> Iterator[tuple[str, str, str]]:
    """Each setting's name under `config`, its type and its default."""
    described = schema()
    defaults = Settings.model_construct().model_dump(mode="json")
    yield from _rows(described, defaults, "")


def _rows(shape: dict[str, Any], defaults: Any, prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, entry in shape["properties"].items():
        default = defaults.get(name) if isinstance(defaults, dict) else None
        if "properties" in entry:
            yield from _rows(entry, default, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _kind(entry), _shown(default)


def _kind(entry: dict[str, Any]) -> str:
    if "enum" in entry:
        return ", ".join(map(str, entry["enum"]))
    if "anyOf" in entry:
        return " or ".join(_kind(each) for each in entry["anyOf"])
    return str(entry.get("type", "value"))


def _shown(default: Any) -> str:
    return "" if default in (None, "", [], {}) else f"`{default}`"
