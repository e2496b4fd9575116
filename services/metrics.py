"""What Prometheus may read of this process: counts and times, never a text, a name or a person.

Labels come from closed lists (a route's pattern, a state, a step), so a caller cannot make series grow.
The port is one of its own (`HOLDFAST_SIGHT__METRICS_PORT`), so that the network policy of the api's port
need not let a scraper in.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, start_http_server
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.settings import Sight

log = logging.getLogger(__name__)
QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
LONG = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300)

REQUESTS = Counter("holdfast_http_requests", "Requests answered", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "holdfast_http_request_seconds", "Time to the last byte of a reply, streams included", ["route"],
    buckets=LONG,
)  # fmt: skip
IN_PROGRESS = Gauge("holdfast_http_requests_in_progress", "Requests being answered now")
ANSWERS = Counter("holdfast_answers", "Answers ended, by what came of them", ["outcome", "policy"])
ANSWERS_IN_PROGRESS = Gauge("holdfast_answers_in_progress", "Answers being written now")
ANSWER_SECONDS = Histogram(
    "holdfast_answer_seconds", "Seconds from the question to each moment of its answer", ["moment"],
    buckets=LONG,
)  # fmt: skip
TOKENS = Counter("holdfast_answer_tokens", "Tokens of answers", ["direction"])
SENTENCES = Counter("holdfast_sentences", "Sentences the model wrote or the product quoted", ["status"])
DEGRADED = Counter("holdfast_search_degraded", "Searches in which one index was down or behind", ["side"])
STAGE_SECONDS = Histogram(
    "holdfast_ingest_stage_seconds", "Seconds that one stage of one ingestion took", ["stage"], buckets=LONG
)
RELEASE = Gauge("holdfast_release_info", "1 for the release being served", ["release_id", "model"])

# The moments `answers.work` marks; anything else is not a label.
MOMENTS = frozenset({"search", "prompt", "first_token", "first_sentence", "model", "total"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNROUTED = "unrouted"


def answer_ended(
    *,
    outcome: str,
    policy: str,
    timings_ms: Mapping[str, float],
    usage: Mapping[str, int],
    sentences: Mapping[str, int],
) -> None:
    """Count an answer that has its end; `timings_ms` are milliseconds after the question, per moment."""
    ANSWERS.labels(outcome, policy).inc()
    for moment in MOMENTS & timings_ms.keys():
        ANSWER_SECONDS.labels(moment).observe(timings_ms[moment] / 1000)
    for direction in ("prompt", "completion"):
        TOKENS.labels(direction).inc(usage.get(f"{direction}_tokens", 0))
    for status, count in sentences.items():
        SENTENCES.labels(status).inc(count)


@contextmanager
def serving(sight: Sight) -> Iterator[None]:
    """Serve `/metrics` on the sight's port while the block runs; port 0 serves nothing."""
    if not sight.metrics_port:
        yield
        return
    server, thread = start_http_server(sight.metrics_port, sight.metrics_host, REGISTRY)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class RequestMetrics:
    """Counts requests by the pattern of their route, never by their address. Pure ASGI."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = "499", perf_counter()  # who leaves before a reply has begun gets this one

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        with IN_PROGRESS.track_inprogress():
            try:
                await self._app(scope, receive, send_and_note)
            finally:
                route = getattr(scope.get("route"), "path", UNROUTED)
                method = scope["method"] if scope["method"] in METHODS else "OTHER"
                REQUESTS.labels(method, route, status).inc()
                REQUEST_SECONDS.labels(route).observe(perf_counter() - began)
