"""values.schema.json: draft-07, closed at every level, from the defaults and what their comments add."""

from collections.abc import Iterable
from typing import Any

from deploy.chart import settings
from deploy.chart.values_file import Key

STRINGS = {"type": "object", "additionalProperties": {"type": "string"}}
WORDS = {"type": "array", "items": {"type": "string", "minLength": 1}}
QUANTITY = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti|k|M|G|T)?$"}
CPU = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?m?$"}
NETWORK = {"type": "string", "pattern": r"^[0-9a-fA-F.:]+/[0-9]{1,3}$"}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/definitions/{name}"}


def closed(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    """An object that has these properties and no other."""
    made = {"type": "object", "additionalProperties": False, "properties": properties}
    return made | {"required": list(required)} if required else made


def listed(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def definitions() -> dict[str, Any]:
    """Shapes that several keys share, or that a default does not show."""
    return {
        "strings": STRINGS,
        "quantity": QUANTITY,
        "digest": {"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
        "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        "networks": listed(NETWORK),
        "disruption": {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": "^[0-9]{1,3}%$"},
            ]
        },
        "resources": _resources(),
        "tolerations": listed(_toleration()),
        "peers": listed(_peer()),
        "egress": _egress(),
        "worker": _worker(),
        "secretSetting": _secret_setting(),
        "settings": settings.schema(),
    }


def _resources() -> dict[str, Any]:
    """A memory limit is not optional: without one, a pod can take its node down."""
    amounts = {"cpu": CPU, "memory": QUANTITY, "ephemeral-storage": QUANTITY}
    limits = closed(amounts, "memory")
    return closed({"requests": closed(amounts, "cpu", "memory"), "limits": limits}, "requests", "limits")


def _toleration() -> dict[str, Any]:
    return closed(
        {
            "key": {"type": "string"},
            "operator": {"enum": ["Exists", "Equal"]},
            "value": {"type": "string"},
            "effect": {"enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"]},
            "tolerationSeconds": {"type": "integer"},
        }
    )


def _peer() -> dict[str, Any]:
    """Pods by the labels of their namespace and their own, or a network."""
    pods = closed({"namespaceLabels": STRINGS, "podLabels": STRINGS}, "namespaceLabels")
    network = closed({"network": NETWORK, "except": listed(NETWORK)}, "network")
    return {"anyOf": [pods, network]}


def _egress() -> dict[str, Any]:
    processes = ["api", "worker", "upkeep", "migrate"]
    return closed(
        {
            "name": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"},
            "processes": listed({"enum": processes}) | {"minItems": 1},
            "to": listed(_peer()) | {"minItems": 1},
            "ports": listed(ref("port")) | {"minItems": 1},
        },
        "name",
        "processes",
        "to",
        "ports",
    )


def _worker() -> dict[str, Any]:
    return closed(
        {
            "replicas": {"type": "integer", "minimum": 0},
            "concurrency": {"type": "integer", "minimum": 1, "maximum": 64},
            "queues": WORDS | {"minItems": 1},
            "resources": ref("resources"),
            "tmp": QUANTITY,
            "graceSeconds": {"type": "integer", "minimum": 1, "maximum": 3600},
            "nodeSelector": STRINGS,
            "tolerations": ref("tolerations"),
            "maxUnavailable": ref("disruption"),
            "priorityClassName": {"type": "string"},
        }
    )


def _secret_setting() -> dict[str, Any]:
    """The chart's own secrets have places of their own, so that no variable is set twice."""
    own = ("SECRET_KEY", "ENGINE__API_KEY", "DATABASE__URL", "QUEUE__URL", "MODE")
    return closed(
        {
            "name": {
                "type": "string",
                "pattern": "^HOLDFAST_[A-Z0-9_]+$",
                "not": {"enum": [f"HOLDFAST_{name}" for name in own]},
            },
            "secret": {"type": "string", "minLength": 1},
            "key": {"type": "string", "minLength": 1},
        },
        "name",
        "secret",
        "key",
    )


def of(keys: Iterable[Key]) -> dict[str, Any]:
    """The whole schema."""
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of the chart holdfast"}
    properties = {key.path[-1]: _shape(key) for key in keys}
    # A key that is set to null is taken away by Helm, defaults and all.
    whole = closed(properties, *properties)
    shared = {"type": "object", "description": "What a parent chart shares; not read."}
    whole["properties"] = properties | {"global": shared}
    return head | whole | {"definitions": definitions()}


def _shape(key: Key) -> dict[str, Any]:
    if "$ref" in key.hint:  # draft-07 reads nothing beside a reference
        return {"allOf": [key.hint], **_described(key)}
    if {"type", "anyOf"} & key.hint.keys() or "enum" in key.hint:
        return key.hint | _described(key)
    if isinstance(key.default, dict):
        return closed({child.path[-1]: _shape(child) for child in key.children}) | _described(key)
    return _scalar(key) | key.hint | _described(key)


def _scalar(key: Key) -> dict[str, Any]:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    if type(key.default) not in kinds:
        raise TypeError(f"{key.name}: its default does not show its type; add a `schema:` line")
    return {"type": kinds[type(key.default)]}


def _described(key: Key) -> dict[str, str]:
    return {"description": key.text} if key.text else {}
