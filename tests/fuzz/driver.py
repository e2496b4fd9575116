"""Sends generated requests, valid and not, alone and one after another, and judges every reply.

A reply of 500 or more counts, whatever the check says; the schema's promises are checked beside it.
"""

from collections import Counter
from dataclasses import dataclass, field

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tests.fuzz.world import World

PHASES = ("fuzzing", "stateful")
CHECKS = ("not_a_server_error", "content_type_conformance", "response_schema_conformance")
# Signing out ends the credential that the rest goes by; /ready says 503 where a part is away, as a test's is.
LEFT_OUT = ("/api/v1/session", "/ready", "/openapi.json")


@dataclass
class Found:
    """What came of it; `broken` names each request that broke a promise, once."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    broken: dict[str, str] = field(default_factory=dict)

    @property
    def server_errors(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 500)


def fuzz(world: World, caller: str, *, examples: int, seed: int, at_most: int = 1_000_000) -> Found:
    """All of the schema as this kind of caller; `examples` are for each operation, and as many stories."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "headers": world.callers[caller],
            "workers": 1,
            "request-timeout": 120,  # a loaded machine is no finding
            "continue-on-failure": True,
            "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
            "checks": {"enabled": False} | {name: {"enabled": True} for name in CHECKS},
            "phases": {
                name: {"enabled": name in PHASES} for name in ("examples", "coverage", "fuzzing", "stateful")
            },
        }
    )
    schema = schemathesis.openapi.from_asgi("/openapi.json", world.app, config=config)
    found = Found()
    happened = from_schema(schema.exclude(path=list(LEFT_OUT))).execute()
    for event in happened:
        if isinstance(event, events.ScenarioFinished):
            _count(event, found)
            if found.cases >= at_most:
                happened.stop()
        elif isinstance(event, (events.NonFatalError, events.FatalError)):
            found.broken.setdefault(f"the driver: {event}", "")
    return found


def _count(event: events.ScenarioFinished, found: Found) -> None:
    recorder = event.recorder
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            found.cases += 1
            found.statuses[interaction.response.status_code] += 1
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                case = recorder.cases[case_id].value
                place = f"{case.method} {case.operation.path}: {check.failure_info.failure.title}"
                found.broken.setdefault(place, check.failure_info.code_sample)
