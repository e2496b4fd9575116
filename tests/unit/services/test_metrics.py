import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client import REGISTRY

from services import metrics
from services.settings import Sight
from tests.chroma_server import free_port


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def client():
    app = FastAPI()
    app.add_api_route("/things/{thing_id}", lambda thing_id: thing_id)
    app.add_middleware(metrics.RequestMetrics)
    return TestClient(app)


def counted(route: str, status: str, method: str = "GET") -> float:
    return value("holdfast_http_requests_total", method=method, route=route, status=status)


def test_requests_are_counted_by_their_pattern(client):
    before = counted("/things/{thing_id}", "200")
    client.get("/things/a-name-nobody-may-see")
    assert counted("/things/{thing_id}", "200") == before + 1
    assert "a-name-nobody-may-see" not in str([list(family.samples) for family in REGISTRY.collect()])


def test_addresses_and_methods_nobody_routed_make_no_new_series(client):
    before = counted("unrouted", "404", "OTHER")
    client.request("BREW", "/coffee/1")
    client.request("BOIL", "/coffee/2")
    assert counted("unrouted", "404", "OTHER") == before + 2


def test_nothing_is_in_progress_afterwards(client):
    client.get("/things/1")
    assert value("holdfast_http_requests_in_progress") == 0


def test_an_answer_is_counted_with_its_moments_tokens_and_sentences():
    before = value("holdfast_answers_total", outcome="generated", policy="strict")
    slow = value("holdfast_answer_seconds_sum", moment="first_token")
    metrics.answer_ended(
        outcome="generated",
        policy="strict",
        timings_ms={"first_token": 1500.0, "a moment nobody defined": 1.0},
        usage={"prompt_tokens": 10, "completion_tokens": 3},
        sentences={"supported": 2},
    )
    assert value("holdfast_answers_total", outcome="generated", policy="strict") == before + 1
    assert value("holdfast_answer_seconds_sum", moment="first_token") == pytest.approx(slow + 1.5)
    assert value("holdfast_answer_seconds_count", moment="a moment nobody defined") == 0


def test_metrics_are_served_on_a_port_of_their_own():
    port = free_port()
    with metrics.serving(Sight(metrics_port=port)):
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
    assert "holdfast_http_requests_total" in text
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60)


def test_no_port_serves_nothing():
    with metrics.serving(Sight()):
        pass
