"""Spans of both flows, one for each step, sent as OTLP to a collector inside the network.

Off until an address is named. A flow notes its moments while it runs and tells them here at its end, so
that the flow itself reads as if nobody watched. Ids and counts only: no attribute holds a text or a name.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import requests
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from services.settings import Sight

NANOSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a flow, in milliseconds after the flow began."""

    name: str
    began_ms: float
    ended_ms: float


@contextmanager
def sending(sight: Sight, process: str) -> Iterator[None]:
    """Send this process's spans while the block runs, if an address is named; the rest goes at its end."""
    if not sight.traces_url:
        yield
        return
    provider = TracerProvider(resource=Resource({"service.name": f"holdfast-{process}"}))
    provider.add_span_processor(BatchSpanProcessor(_exporter(sight.traces_url)))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()


def _exporter(address: str) -> OTLPSpanExporter:
    session = requests.Session()
    session.trust_env = False  # a proxy variable must not lead the spans out of the network
    return OTLPSpanExporter(endpoint=address, session=session)


def record(flow: str, steps: Sequence[Step], attributes: Mapping[str, str | int | float]) -> None:
    """A flow that ends now, with its steps as children; nothing at all while no address is named."""
    tracer = trace.get_tracer("holdfast")
    total_ms = max((step.ended_ms for step in steps), default=0.0)
    began = time.time_ns() - int(total_ms * NANOSECONDS)
    whole = tracer.start_span(flow, start_time=began, attributes=dict(attributes))
    within = trace.set_span_in_context(whole)
    for step in steps:
        span = tracer.start_span(step.name, within, start_time=began + int(step.began_ms * NANOSECONDS))
        span.end(began + int(step.ended_ms * NANOSECONDS))
    whole.end(began + int(total_ms * NANOSECONDS))


def steps_between(moments: Mapping[str, float]) -> list[Step]:
    """Steps from the moments each of them ended, in ms after the start and in their order."""
    steps, last = [], 0.0
    for name, ended in sorted(moments.items(), key=lambda moment: moment[1]):
        steps.append(Step(name, last, ended))
        last = ended
    return steps
