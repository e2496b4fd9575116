"""REST of quantizing, for administrators: ask for it, see how far it is, cancel it, read its report."""

from fastapi import APIRouter, Request, Response, status
from fastapi.responses import HTMLResponse

from services.database.session import after_commit
from services.dependencies import Opened, Page, Reading, Transaction, next_cursor, opened
from services.engine import gguf, quantize_runs, reports
from services.engine.model_store import ModelStore
from services.engine.quantize_runs import Wanted
from services.engine.quantize_schemas import QuantizationOut, QuantizationPage, QuantizeAsked
from services.identity.callers import MayAdminister
from services.identity.schemas import RowId
from services.resources import Resources
from services.runs.steady import SteadyWork

router = APIRouter(prefix="/api/v1/engine", tags=["engine"])
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; sandbox"


@router.post("/quantizations", status_code=status.HTTP_202_ACCEPTED)
def ask_for_quantization(
    asked: QuantizeAsked, request: Request, response: Response, caller: MayAdminister, session: Transaction
) -> QuantizationOut:
    """Quantize a model of this machine, one at a time; without a collection on the texts that come with us.

    The collection's documents are read as whoever asked may read them when its turn comes.
    """
    resources, recipe = opened(request), asked.recipe()
    recipe.require_sound()
    source = _store(resources).generator(asked.model)
    gguf.require_python(resources.settings.release.quantize_python)
    run = quantize_runs.request(session, caller, Wanted(source.folder, recipe, asked.collection))
    working: SteadyWork | None = getattr(request.app.state, "quantizations", None)
    if working is not None:
        after_commit(session, working.look)
    response.headers["Location"] = f"/api/v1/engine/quantizations/{run.id}"
    return QuantizationOut.of(run)


@router.get("/quantizations")
def list_quantizations(_caller: MayAdminister, session: Reading, page: Page) -> QuantizationPage:
    """The newest first."""
    found = quantize_runs.page_of(session, page)
    shown = found[: page.limit]
    last = shown[-1].id if len(found) > page.limit else None
    return QuantizationPage(items=[QuantizationOut.of(run) for run in shown], next_cursor=next_cursor(last))


@router.get("/quantizations/{run_id}")
def show_quantization(_caller: MayAdminister, run_id: RowId, session: Reading) -> QuantizationOut:
    """How far it is, and once it is done, the folder of what was made."""
    return QuantizationOut.of(quantize_runs.one(session, run_id))


@router.post("/quantizations/{run_id}/cancel")
def cancel_quantization(caller: MayAdminister, run_id: RowId, session: Transaction) -> QuantizationOut:
    """End it; nothing of it becomes a model."""
    run = quantize_runs.one(session, run_id)
    quantize_runs.cancel(session, caller, run)
    return QuantizationOut.of(run)


@router.get("/reports/{model}/page", response_class=HTMLResponse)
def show_report_page(model: str, _caller: MayAdminister, resources: Opened) -> HTMLResponse:
    """The report as a page with its plot, to keep and to send on."""
    page = reports.page(_store(resources), model)
    return HTMLResponse(page, headers={"Content-Security-Policy": PAGE_POLICY})


def _store(resources: Resources) -> ModelStore:
    return ModelStore(resources.settings.models_root)
