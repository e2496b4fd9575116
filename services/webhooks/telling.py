"""What is told of something that ended: ids and states, and only to an owner who may know of it now."""

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services import errors, notices
from services.database.tables.batches import AnswerBatch
from services.database.tables.drift import DriftCheck
from services.database.tables.library import Document, Version
from services.database.tables.runs import Bulk, Run
from services.database.tables.webhooks import Webhook, WebhookDelivery
from services.identity import callers, kept_credentials, permissions
from services.identity.callers import Caller
from services.webhooks.registering import TEST

Data = dict[str, Any]


def body(session: Session, delivery: WebhookDelivery, webhook: Webhook) -> bytes | None:
    """The request's body; None where the owner, or their credential, may not know of it any more.

    errors.ClaimsExpired where nothing can be said of the owner now, but may be once they come back.
    """
    try:
        caller = callers.now_in(session, kept_credentials.kept(webhook.person_id, webhook.made_with))
    except errors.NotSignedIn:
        return None
    if caller.has_expired:
        raise errors.ClaimsExpired
    data = _data(session, delivery, caller)
    if data is None:
        return None
    told = {"type": delivery.kind, "timestamp": delivery.happened_at.isoformat(), "data": data}
    return json.dumps(told, separators=(",", ":")).encode()


def _data(session: Session, delivery: WebhookDelivery, caller: Caller) -> Data | None:
    about = {
        notices.JOB: _job,
        notices.BULK: _bulk,
        notices.ANSWERS: _answers,
        notices.DRIFT: _drift,
        TEST: _test,
    }
    found = about[delivery.kind](session, delivery.subject, caller)
    if found is None:
        return None
    return found | ({"state": delivery.outcome} if delivery.outcome else {})


def _job(session: Session, run_id: str, caller: Caller) -> Data | None:
    row = session.execute(
        select(Run, Document.id)
        .join(Version, Version.id == Run.subject)
        .join(Document, Document.id == Version.document_id)
        .where(Run.id == run_id, permissions.documents_readable_by(caller))
    ).one_or_none()
    if row is None:
        return None
    run, document_id = row
    return {
        "id": run.id,
        "href": f"/api/v1/jobs/{run.id}",
        "document_id": document_id,
        "bulk_id": run.bulk_id,
        "error_code": run.error_code,
    }


def _bulk(session: Session, bulk_id: str, caller: Caller) -> Data | None:
    bulk = session.get(Bulk, bulk_id)
    if bulk is None or bulk.requested_by != caller.person_id:
        return None
    return {"id": bulk.id, "href": f"/api/v1/bulks/{bulk.id}"}


def _answers(session: Session, run_id: str, caller: Caller) -> Data | None:
    batch = session.scalar(
        select(AnswerBatch).where(AnswerBatch.run_id == run_id, AnswerBatch.person_id == caller.person_id)
    )
    return {"id": batch.id, "href": f"/api/v1/answer-batches/{batch.id}"} if batch else None


def _drift(session: Session, check_id: str, caller: Caller) -> Data | None:
    check = session.get(DriftCheck, check_id)
    if check is None or not caller.is_admin:
        return None
    return {"id": check.id, "href": "/api/v1/drift/checks", "release_id": check.release_id}


def _test(_session: Session, webhook_id: str, _caller: Caller) -> Data | None:
    return {"id": webhook_id, "href": f"/api/v1/webhooks/{webhook_id}"}
