"""REST of evaluations, for administrators: results kept, listed, read and removed."""

from fastapi import APIRouter, Depends

from services import audit
from services.dependencies import Page, Reading, Transaction, next_cursor
from services.evaluation import comparison, queries, results
from services.evaluation.results import EvaluationResult
from services.evaluation.schemas import ComparisonOut, EvaluationOut, EvaluationPage, EvaluationSummary
from services.identity.callers import MayAdminister, administrator
from services.identity.schemas import RowId

router = APIRouter(prefix="/api/v1/evaluations", tags=["evaluations"])


@router.post("", status_code=201)
def keep_evaluation(
    caller: MayAdminister, result: EvaluationResult, session: Transaction
) -> EvaluationSummary:
    """Keep what `holdfast eval run` wrote; its totals are counted anew."""
    counted = result.model_copy(update={"totals": results.totals(result.asked)})
    row = queries.keep(session, caller, counted)
    audit.record(
        session, caller.person_id, "evaluation.keep", row.id,
        credential=caller.credential_id, questions=len(result.asked),
    )  # fmt: skip
    return EvaluationSummary.of(row)


@router.get("", dependencies=[Depends(administrator)])
def list_evaluations(session: Reading, page: Page) -> EvaluationPage:
    found = queries.page_of(session, page)
    shown = found[: page.limit]
    last = shown[-1].id if len(found) > page.limit else None
    return EvaluationPage(items=[EvaluationSummary.of(row) for row in shown], next_cursor=next_cursor(last))


@router.get("/{evaluation_id}")
def show_evaluation(caller: MayAdminister, evaluation_id: RowId, session: Reading) -> EvaluationOut:
    """Its numbers, and the texts of those questions all of whose sources the caller may read now."""
    row = queries.evaluation(session, evaluation_id)
    told = EvaluationSummary.of(row).model_dump()
    return EvaluationOut(**told, asked=queries.asked_for(session, caller, row))


@router.get("/{evaluation_id}/comparison", dependencies=[Depends(administrator)])
def compare_evaluations(evaluation_id: RowId, with_id: RowId, session: Reading) -> ComparisonOut:
    """This run first, the other second: what is better or worse, with intervals; numbers only."""
    rows = queries.evaluation(session, evaluation_id), queries.evaluation(session, with_id)
    return ComparisonOut.of(rows, comparison.compare(*(queries.result_of(row) for row in rows)))


@router.delete("/{evaluation_id}", status_code=204)
def remove_evaluation(caller: MayAdminister, evaluation_id: RowId, session: Transaction) -> None:
    session.delete(queries.evaluation(session, evaluation_id))
    audit.record(
        session, caller.person_id, "evaluation.remove", evaluation_id, credential=caller.credential_id
    )
