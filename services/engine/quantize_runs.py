"""Quantizations that administrators asked for: runs whose payload is the order and what came of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services import audit, errors, runs
from services.database.tables.base import new_id
from services.database.tables.library import VISIBLE, Document, Version
from services.database.tables.runs import Run
from services.dependencies import PageRequest
from services.engine.orders import Recipe
from services.identity import kept_credentials, permissions
from services.identity.callers import Caller, now_in
from services.retrieval import queries as retrieval_queries

KIND = "quantize"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model of this machine, how to quantize it, and a collection to calibrate on; "" for our own texts."""

    model: str
    recipe: Recipe
    collection: str = ""


def request(session: Session, caller: Caller, wanted: Wanted) -> Run:
    """Take the order in; errors.NotFound where it names a collection the caller may not know of."""
    named = [wanted.collection] if wanted.collection else []
    found = retrieval_queries.collection_ids(session, caller, named)
    run = runs.request(
        session,
        KIND,
        new_id(),
        requested_by=caller.person_id,
        payload={
            "model": wanted.model,
            "recipe": asdict(wanted.recipe),
            "collection": next(iter(found), ""),
            "asked_with": kept_credentials.keep_lastingly(caller),
            "folder": "",
        },
    )
    _record(session, caller, "model.quantize", run.id, model=wanted.model, method=wanted.recipe.method)
    return run


def one(session: Session, run_id: str) -> Run:
    """errors.NotFound for what is none."""
    run = session.get(Run, run_id)
    if run is None or run.kind != KIND:
        raise errors.NotFound("There is no such quantization")
    return run


def page_of(session: Session, page: PageRequest) -> Sequence[Run]:
    """The newest first, at most one more than asked for."""
    query = select(Run).where(Run.kind == KIND).order_by(Run.created_at.desc(), Run.id.desc())
    if page.after:
        last = session.get(Run, page.after)
        if last is None or last.kind != KIND:
            raise errors.InvalidRequest("The cursor is not one of ours; start without it")
        query = query.where(
            (Run.created_at < last.created_at) | ((Run.created_at == last.created_at) & (Run.id < last.id))
        )
    return session.scalars(query.limit(page.limit + 1)).all()


def cancel(session: Session, caller: Caller, run: Run) -> None:
    """End it; what was made so far is thrown away by whoever works on it. errors.Conflict where it ended."""
    if not runs.cancel(session, Run.id == run.id):
        raise errors.Conflict("It has ended already")
    session.refresh(run)
    _record(session, caller, "model.quantize_cancel", run.id)


def calibration_digests(session: Session, payload: dict[str, Any], person_id: str) -> Sequence[str]:
    """Texts of the collection that the asker may read now, as an administrator still; reading is audited."""
    caller = now_in(session, kept_credentials.kept(person_id, payload["asked_with"]))
    caller.require_admin()
    digests = session.scalars(
        select(Version.text_digest)
        .join(Document, Document.id == Version.document_id)
        .where(
            Document.collection_id == payload["collection"],
            permissions.documents_readable_by(caller),
            Version.state == VISIBLE,
            Version.text_digest.is_not(None),
        )
        .order_by(Version.text_digest)
    ).all()
    if not digests:
        raise errors.NotFound("There is no document in the collection that you may read")
    _record(session, caller, "model.calibrate", payload["collection"], documents=len(digests))
    return [digest for digest in digests if digest]


def finish(session: Session, claim: runs.Claim, folder: str, person_id: str) -> None:
    """End it as done and name what was made; errors.LeaseLost where it was cancelled meanwhile."""
    runs.require_held(session, claim)
    run = session.get_one(Run, claim.run_id)
    run.payload = run.payload | {"folder": folder}
    session.flush()
    runs.finish(session, claim)
    audit.record(session, person_id, "model.made", folder, run=claim.run_id)


def _record(session: Session, caller: Caller, action: str, subject: str, **detail: object) -> None:
    audit.record(session, caller.person_id, action, subject, credential=caller.credential_id, **detail)
