"""Kubernetes' own strict schemas of many versions; each object is judged once for each version."""

import json
from functools import cache
from typing import Any

from kubernetes_validate import utils

# Each validation would read its version's half megabyte of definitions again.
utils.schema_contents = cache(utils.schema_contents)


def validate(given: dict[str, Any], version: str) -> None:
    """kubernetes_validate.ValidationError where the object does not fit; most are alike in all profiles."""
    _validate(json.dumps(given, sort_keys=True), version)


@cache
def _validate(text: str, version: str) -> None:
    utils.validate(json.loads(text), version, strict=True)
