"""The api process: routers, one error handler, security headers, and what opens and closes with it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as RoutingError

from services import (
    api_schema,
    errors,
    health,
    library_metrics,
    mcp,
    metrics,
    retiring,
    telemetry,
    tracing,
    web_pages,
)
from services.answers import (
    batch_routes,
    conversation_routes,
    feedback_routes,
    openai_routes,
    release_routes,
    replay_routes,
    share_routes,
    warming,
    whom_to_ask,
)
from services.answers import routes as answer_routes
from services.answers.admission import Admission
from services.answers.batch_work import Batches
from services.corpus import routes as corpus_routes
from services.documents import (
    bulk_routes,
    collection_routes,
    job_routes,
    queue_routes,
    receipt_routes,
    version_routes,
)
from services.documents import routes as document_routes
from services.engine import quantize_routes, quantize_work
from services.engine import routes as engine_routes
from services.evaluation import routes as evaluation_routes
from services.evaluation.drift import routes as drift_routes
from services.evaluation.drift import watch
from services.headers import SecurityHeaders
from services.identity import audit_routes, limit_routes, refusals
from services.identity import routes as identity_routes
from services.identity.limit_leases import LimitLeases
from services.oversight import routes as oversight_routes
from services.playground import routes as playground_routes
from services.resources import Resources, open_resources
from services.retrieval import embedding_routes, index_routes
from services.retrieval import routes as retrieval_routes
from services.retrieval.following import IndexFollower
from services.runs.steady import SteadyWork
from services.settings import Settings, load_settings
from services.sources import routes as source_routes
from services.webhooks import routes as webhook_routes
from services.webhooks import sending

ROUTERS = (
    health.router,
    identity_routes.router,
    audit_routes.router,
    limit_routes.router,
    collection_routes.router,
    document_routes.router,
    job_routes.router,
    source_routes.router,
    corpus_routes.router,
    version_routes.router,
    receipt_routes.router,
    bulk_routes.router,
    queue_routes.router,
    retrieval_routes.router,
    index_routes.router,
    answer_routes.router,
    batch_routes.router,
    conversation_routes.router,
    feedback_routes.router,
    replay_routes.router,
    share_routes.router,
    whom_to_ask.router,
    release_routes.router,
    openai_routes.router,
    embedding_routes.router,
    engine_routes.router,
    quantize_routes.router,
    drift_routes.router,
    evaluation_routes.router,
    playground_routes.router,
    oversight_routes.router,
    webhook_routes.router,
)


def create_app(settings: Settings | None = None, resources: Resources | None = None) -> FastAPI:
    """The application; tests hand in `resources` made of fakes, a process opens its own."""
    settings = settings or load_settings()
    app = FastAPI(
        title="Holdfast",
        version="1",
        description="A private assistant over a company's own documents.",
        lifespan=_lifespan(settings, resources),
        docs_url=None,  # the usual page loads scripts from elsewhere; the schema itself is at /openapi.json
        redoc_url=None,
    )
    for router in ROUTERS:
        app.include_router(router)
    app.openapi = lambda: api_schema.describe(app)  # type: ignore[method-assign]
    mcp.mount(app)
    web_pages.mount(app, settings.web.dist)
    app.state.admission = Admission(settings.answers)
    app.state.embedding = asyncio.Semaphore(1)
    app.add_exception_handler(errors.HoldfastError, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(RoutingError, _unrouted)
    app.add_middleware(LimitLeases)
    app.add_middleware(retiring.RetirementHeaders)
    app.add_middleware(SecurityHeaders, last_word=_unexpected)
    app.add_middleware(metrics.RequestMetrics)
    return app


# What the framework itself refuses; anything else, such as a body that is no text, is the request's fault.
UNROUTED: dict[int, type[errors.HoldfastError]] = {
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    413: errors.TooLarge,
}
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def _lifespan(settings: Settings, given: Resources | None) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        telemetry.set_up_logging("api")
        if given is not None:
            app.state.resources = given
            async with mcp.serving(app, given):
                yield
            return
        with ExitStack() as opened:
            opened.enter_context(tracing.sending(settings.sight, "api"))
            resources = opened.enter_context(open_resources(settings))
            opened.enter_context(library_metrics.reporting(resources))
            opened.enter_context(metrics.serving(settings.sight))
            app.state.resources = resources
            await run_in_threadpool(resources.embedder.embed_question, "warm up")
            if resources.reranker is not None:
                await run_in_threadpool(resources.reranker.scores, "warm up", ["warm up"])
            await warming.warm_up(resources)
            working = app.state.batches = Batches(app.state.admission, resources)
            async with mcp.serving(app, resources):
                with sending.serving(resources), IndexFollower(resources) as follower:
                    app.state.follower = follower
                    async with working.serving(), _steady_work(app, resources):
                        yield
            await resources.model.close()

    return lifespan


@asynccontextmanager
async def _steady_work(app: FastAPI, resources: Resources) -> AsyncIterator[None]:
    """What an api does beside answering: quantizations, and checks for drift that nobody asked for."""
    await run_in_threadpool(quantize_work.forget_abandoned, resources)
    quantizing = app.state.quantizations = SteadyWork(
        "quantizing", lambda: quantize_work.work_once(resources), quantize_work.LOOK_EVERY_S
    )
    checks = watch.Watch(app.state.admission, resources)
    watching = SteadyWork("drift", checks.work_once, watch.LOOK_EVERY_S)
    async with quantizing.serving(), watching.serving():
        yield


def problem(error: errors.HoldfastError) -> JSONResponse:
    """The error as RFC 9457 problem+json."""
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else None
    if isinstance(error, errors.NotSignedIn):
        headers = {"WWW-Authenticate": "Bearer"}
    return JSONResponse(error.as_problem(), error.status, headers, media_type="application/problem+json")


async def _problem(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, errors.HoldfastError):
        raise error
    await refusals.note(request, error)
    if request.url.path.startswith("/v1/"):
        return openai_routes.error_response(error)
    return problem(error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    # Names and rules only: the values may hold a question or a password.
    wrong = "; ".join(
        f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()
    )
    return await _problem(request, errors.InvalidRequest(wrong[:2000]))


async def _unrouted(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RoutingError):
        raise error
    kind = UNROUTED.get(error.status_code, errors.InvalidRequest)
    reply = await _problem(request, kind())
    reply.headers.update(error.headers or {})  # which methods are allowed
    return reply


async def _unexpected(request: Request, _error: Exception) -> JSONResponse:
    return await _problem(request, errors.HoldfastError())
