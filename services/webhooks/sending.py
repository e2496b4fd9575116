"""Sends what is due, in the api's process: each telling until its receiver takes it, with longer waits.

The next attempt is set in SQL before one is made, so a process that is killed meanwhile costs a wait and
never a telling; a receiver may therefore be told twice, under the same id. Of each webhook one is sent at a
time. Where a receiver does not answer, what else it is to be told waits with it: one attempt a minute.
"""

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from services import audit, errors, notices, outbound
from services.database.session import now
from services.database.tables.webhooks import DELIVERED, DUE, FAILED, WITHHELD, Webhook, WebhookDelivery
from services.outbound import Outbound
from services.resources import Resources
from services.webhooks import registering, signing, telling

log = logging.getLogger(__name__)
LOOK_EVERY_S = 2.0
AT_ONCE = 8
TIMEOUT_S = 10.0
MOST_BYTES = 64 * 1024
"""Of a reply, of which only the status is read."""
WAITS_S = (60, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
"""Before the second attempt, the third, and so on; after the last there is none."""
OLDEST = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt came to; `status` is the receiver's, None where it did not come to one."""

    state: str
    status: int | None = None
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, ready to go."""

    url: str
    body: bytes
    headers: dict[str, str]


class Sender:
    """Sends over connections that `outbound` opens: to named hosts only, following no redirect."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._client = outbound.open_client(
            Outbound(resources.settings.outbound), "webhooks", max_bytes=MOST_BYTES
        )
        self._client.follow_redirects = False
        self._client.timeout = TIMEOUT_S
        self._threads = ThreadPoolExecutor(AT_ONCE, "webhook")

    def close(self) -> None:
        self._threads.shutdown()
        self._client.close()

    def send_due(self) -> int:
        """One round: at most one telling of each webhook, all at once; returns how many were tried."""
        claimed = _claim(self._resources)
        for attempt in [self._threads.submit(self._try, one) for one in claimed]:
            attempt.result()
        return len(claimed)

    def _try(self, delivery: WebhookDelivery) -> None:
        try:
            wanted = _request(delivery, self._resources)
            outcome = self._post(wanted) if wanted else Outcome(WITHHELD)
        except errors.HoldfastError as error:
            outcome = Outcome(DUE, error_code=error.code)
        except Exception:  # whatever it was, this telling must not be tried for ever
            log.exception("a webhook was not sent", extra={"delivery": delivery.id})
            outcome = Outcome(DUE, error_code=errors.HoldfastError.code)
        _note(delivery, outcome, self._resources)

    def _post(self, wanted: Request) -> Outcome:
        with self._client.stream("POST", wanted.url, content=wanted.body, headers=wanted.headers) as reply:
            if reply.is_success:
                return Outcome(DELIVERED, reply.status_code)
            return Outcome(DUE, reply.status_code, "refused_there")


def _claim(resources: Resources) -> list[WebhookDelivery]:
    """What is due, the longest first; what was tried often enough ends here."""
    with resources.transactions.read() as session:
        if session.scalar(select(Webhook.id).limit(1)) is None:
            return []
    with resources.transactions.write() as session:
        notices.note_ended_bulks(session)
        session.flush()
        moment = now()  # after what was noted just now; waits are long beside the clocks' differences
        found = session.scalars(_first_of_each(moment)).all()
        for delivery in found:
            delivery.attempts += 1
            wait_s = WAITS_S[min(delivery.attempts, len(WAITS_S)) - 1]
            delivery.due_at = moment + timedelta(seconds=wait_s)
        return list(found)


def _first_of_each(moment: datetime) -> Select[WebhookDelivery]:
    order = (WebhookDelivery.due_at, WebhookDelivery.happened_at, WebhookDelivery.id)
    place = func.row_number().over(partition_by=WebhookDelivery.webhook_id, order_by=order)
    due = (
        select(WebhookDelivery.id, place.label("place"))
        .where(WebhookDelivery.state == DUE, WebhookDelivery.due_at <= moment)
        .subquery()
    )
    return (
        select(WebhookDelivery)
        .where(
            WebhookDelivery.id.in_(select(due.c.id).where(due.c.place == 1)),
            # Asked again under the lock: another process may just have set the next attempt.
            WebhookDelivery.state == DUE,
            WebhookDelivery.due_at <= moment,
        )
        .order_by(WebhookDelivery.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )


def _request(delivery: WebhookDelivery, resources: Resources) -> Request | None:
    """None where its owner may not know of it any more, or has removed the webhook."""
    with resources.transactions.read() as session:
        webhook = session.get(Webhook, delivery.webhook_id)
        body = telling.body(session, delivery, webhook) if webhook else None
    if webhook is None or body is None:
        return None
    keys = registering.secrets(webhook, resources.settings)
    headers = signing.headers(body, delivery.id, int(time.time()), keys)
    return Request(webhook.url, body, headers | {"Content-Type": "application/json"})


def _note(delivery: WebhookDelivery, outcome: Outcome, resources: Resources) -> None:
    """Write down what came of an attempt, unless somebody else has tried again meanwhile."""
    with resources.transactions.write() as session:
        row = session.get(WebhookDelivery, delivery.id, with_for_update=True)
        if row is None or row.state != DUE or row.attempts != delivery.attempts:
            return
        row.status, row.error_code = outcome.status, outcome.error_code
        is_last = row.attempts > len(WAITS_S) or now() - row.happened_at > OLDEST
        row.state = FAILED if outcome.state == DUE and is_last else outcome.state
        if row.state == WITHHELD:
            row.subject = row.outcome = ""
        if row.state == DUE:
            _let_others_wait(session, row)
            return
        row.ended_at = now()
        webhook = session.get_one(Webhook, row.webhook_id)
        audit.record(
            session, webhook.person_id, f"webhook.{row.state}", webhook.id,
            delivery=row.id, kind=row.kind, status=row.status, attempts=row.attempts,
        )  # fmt: skip


def _let_others_wait(session: Session, row: WebhookDelivery) -> None:
    """What else the receiver is to be told is tried when it may be there again; that costs no attempt."""
    again_at = now() + timedelta(seconds=WAITS_S[0])
    session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.webhook_id == row.webhook_id,
            WebhookDelivery.state == DUE,
            WebhookDelivery.due_at < again_at,
        )
        .values(due_at=again_at)
        .execution_options(synchronize_session=False)
    )


@contextmanager
def serving(resources: Resources) -> Iterator[None]:
    """Sends while the block lasts; where no host was named, nothing could be sent and nothing is tried."""
    limits = resources.settings.outbound
    if not (limits.hosts or limits.webhooks):
        yield
        return
    ended, sender = threading.Event(), Sender(resources)
    thread = threading.Thread(target=_keep_sending, args=(sender, ended), name="webhooks", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        sender.close()


def _keep_sending(sender: Sender, ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            if sender.send_due():
                continue
        except errors.HoldfastError as error:
            log.warning("webhooks wait", extra={"code": error.code})
        except Exception:  # the next round may go well
            log.exception("a round of webhooks broke off")
        ended.wait(LOOK_EVERY_S)
