import pytest
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from services import tracing
from services.settings import Sight
from services.tracing import Step
from tests import loopback


@pytest.fixture
def collector():
    """A collector on this machine that keeps the spans it is sent."""
    spans = []

    def keep(_path, body):
        request = ExportTraceServiceRequest.FromString(body)
        spans.extend(
            span
            for of_resource in request.resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        )
        return 200, b""

    with loopback.answering(keep) as address:
        yield f"{address}/v1/traces", spans


@pytest.fixture
def provider_stays_as_it_was(monkeypatch):
    """OpenTelemetry lets a process choose once; tests choose again."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace._TRACER_PROVIDER_SET_ONCE, "_done", False)


@pytest.mark.usefixtures("provider_stays_as_it_was")
def test_a_flow_is_sent_with_its_steps_and_their_times(collector):
    address, spans = collector
    with tracing.sending(Sight(traces_url=address), "api"):
        tracing.record("answer", [Step("search", 0, 40), Step("model", 40, 140)], {"answer": "1"})
    flow = next(span for span in spans if span.name == "answer")
    steps = {span.name: span for span in spans if span.parent_span_id == flow.span_id}
    assert {
        name: (span.end_time_unix_nano - span.start_time_unix_nano) // 10**6 for name, span in steps.items()
    } == {
        "search": 40,
        "model": 100,
    }
    assert {attribute.key: attribute.value.string_value for attribute in flow.attributes} == {"answer": "1"}


@pytest.mark.usefixtures("provider_stays_as_it_was")
def test_without_an_address_nothing_is_installed():
    with tracing.sending(Sight(), "api"):
        tracing.record("answer", [Step("search", 0, 1)], {})
    assert trace._TRACER_PROVIDER is None


def test_steps_end_where_the_next_begins():
    assert tracing.steps_between({"model": 90.0, "search": 20.0}) == [
        Step("search", 0.0, 20.0),
        Step("model", 20.0, 90.0),
    ]
