"""REST of webhooks: where one's applications are told what has ended."""

from fastapi import APIRouter, status

from services.database.tables.webhooks import DUE, Webhook, WebhookDelivery
from services.dependencies import Opened, Page, Reading, Transaction, next_cursor
from services.identity.callers import MayUseWebhooks
from services.webhooks import registering
from services.webhooks.schemas import (
    DeliveryOut,
    DeliveryPage,
    WebhookCreate,
    WebhookOut,
    WebhookPage,
    WebhookSecret,
)

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])


@router.post("", status_code=status.HTTP_201_CREATED)
def create_webhook(
    wanted: WebhookCreate, caller: MayUseWebhooks, session: Transaction, resources: Opened
) -> WebhookSecret:
    """Be told what ends from now on: one's own jobs, bulks and batches; administrators of drift, too.

    Each request is signed as Standard Webhooks say (`webhook-id`, `webhook-timestamp`, `webhook-signature`)
    and names ids and states only. What is not taken with a 2xx is sent again, eight times in three days.
    """
    webhook, secret = registering.create(session, caller, wanted, resources.settings)
    return _with_secret(webhook, secret)


@router.get("")
def list_webhooks(caller: MayUseWebhooks, session: Reading, page: Page) -> WebhookPage:
    """One's own, the newest first."""
    found = registering.page_of(session, caller, page)
    shown = found[: page.limit]
    last = shown[-1].id if len(found) > page.limit else None
    return WebhookPage(items=[_view(one) for one in shown], next_cursor=next_cursor(last))


@router.get("/{webhook_id}")
def show_webhook(webhook_id: str, caller: MayUseWebhooks, session: Reading) -> WebhookOut:
    return _view(registering.own(session, caller, webhook_id))


@router.delete("/{webhook_id}", status_code=status.HTTP_204_NO_CONTENT)
def remove_webhook(webhook_id: str, caller: MayUseWebhooks, session: Transaction) -> None:
    """Nothing more is told there, not even what is on its way."""
    registering.remove(session, caller, registering.own(session, caller, webhook_id, lock=True))


@router.post("/{webhook_id}/rotate")
def rotate_webhook(
    webhook_id: str, caller: MayUseWebhooks, session: Transaction, resources: Opened
) -> WebhookSecret:
    """Another secret; for a day requests are signed with the old one as well."""
    webhook = registering.own(session, caller, webhook_id, lock=True)
    return _with_secret(webhook, registering.rotate(session, caller, webhook, resources.settings))


@router.post("/{webhook_id}/test", status_code=status.HTTP_202_ACCEPTED)
def test_webhook(webhook_id: str, caller: MayUseWebhooks, session: Transaction) -> DeliveryOut:
    """Send something that says nothing; what became of it is among the deliveries."""
    return _delivery(registering.test(session, caller, registering.own(session, caller, webhook_id)))


@router.get("/{webhook_id}/deliveries")
def list_deliveries(webhook_id: str, caller: MayUseWebhooks, session: Reading, page: Page) -> DeliveryPage:
    """What it was told and is to be told, the newest first."""
    found = registering.deliveries_of(session, registering.own(session, caller, webhook_id), page)
    shown = found[: page.limit]
    last = shown[-1].id if len(found) > page.limit else None
    return DeliveryPage(items=[_delivery(one) for one in shown], next_cursor=next_cursor(last))


def _view(webhook: Webhook) -> WebhookOut:
    return WebhookOut.model_validate(webhook, from_attributes=True)


def _with_secret(webhook: Webhook, secret: str) -> WebhookSecret:
    return WebhookSecret(**_view(webhook).model_dump(), secret=secret)


def _delivery(delivery: WebhookDelivery) -> DeliveryOut:
    shown = DeliveryOut.model_validate(delivery, from_attributes=True)
    return shown if delivery.state == DUE else shown.model_copy(update={"due_at": None})
