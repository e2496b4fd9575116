"""A person's webhooks in SQL: made, found again by their owner only, given a new secret, removed."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services import audit, errors, notices
from services.database.session import now
from services.database.tables.webhooks import Webhook, WebhookDelivery
from services.dependencies import PageRequest
from services.identity import credentials, kept_credentials
from services.identity.callers import Caller
from services.outbound import Outbound
from services.settings import Settings
from services.webhooks import signing
from services.webhooks.schemas import WebhookCreate

MOST = 20
OVERLAP = timedelta(hours=24)
"""How long the secret before a rotation signs as well."""
PURPOSE = "webhook secrets"
TEST = "test"
NOT_OURS = "The cursor is not one of ours; start without it"


def create(
    session: Session, caller: Caller, wanted: WebhookCreate, settings: Settings
) -> tuple[Webhook, str]:
    """A webhook and its secret; errors.OutboundRefused where nobody named the address's host."""
    Outbound(settings.outbound).require_named("webhooks", wanted.url)
    if notices.DRIFT in wanted.kinds:
        caller.require_admin()
    mine = select(func.count()).select_from(Webhook).where(Webhook.person_id == caller.person_id)
    if (session.scalar(mine) or 0) >= MOST:
        raise errors.Conflict(f"There are {MOST} webhooks; remove one first")
    secret = signing.new_secret()
    webhook = Webhook(
        person_id=caller.person_id,
        made_with=kept_credentials.keep_lastingly(caller),
        url=wanted.url,
        kinds=sorted(set(wanted.kinds)),
        secret=credentials.seal(settings, PURPOSE, secret),
    )
    session.add(webhook)
    session.flush()
    _record(session, caller, "webhook.create", webhook, kinds=webhook.kinds)
    return webhook, secret


def own(session: Session, caller: Caller, webhook_id: str, *, lock: bool = False) -> Webhook:
    """errors.NotFound for one that is somebody else's or nobody's."""
    wanted = select(Webhook).where(Webhook.id == webhook_id, Webhook.person_id == caller.person_id)
    found = session.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise errors.NotFound("There is no such webhook")
    return found


def rotate(session: Session, caller: Caller, webhook: Webhook, settings: Settings) -> str:
    """Another secret; the one before signs too until `old_secret_until`."""
    secret = signing.new_secret()
    webhook.old_secret, webhook.old_secret_until = webhook.secret, now() + OVERLAP
    webhook.secret = credentials.seal(settings, PURPOSE, secret)
    _record(session, caller, "webhook.rotate", webhook)
    return secret


def remove(session: Session, caller: Caller, webhook: Webhook) -> None:
    """Nothing more is told there, not even what is on its way."""
    _record(session, caller, "webhook.remove", webhook)
    session.delete(webhook)


def test(session: Session, caller: Caller, webhook: Webhook) -> WebhookDelivery:
    """Something to be told that says nothing."""
    delivery = WebhookDelivery(webhook_id=webhook.id, kind=TEST, subject=webhook.id)
    session.add(delivery)
    session.flush()
    _record(session, caller, "webhook.test", webhook)
    return delivery


def secrets(webhook: Webhook, settings: Settings) -> list[str]:
    """What signs now; errors.UnsafeSettings where the secret key has been changed since."""
    sealed = [webhook.secret]
    if webhook.old_secret_until is not None and webhook.old_secret_until > now():
        sealed.append(webhook.old_secret)
    found = [credentials.unseal(settings, PURPOSE, one) for one in sealed]
    known = [one for one in found if one is not None]
    if not known:
        raise errors.UnsafeSettings("The secret key was changed since: rotate the webhook's secret")
    return known


def page_of(session: Session, caller: Caller, page: PageRequest) -> Sequence[Webhook]:
    """One's own, the newest first, at most one more than asked for."""
    query = (
        select(Webhook)
        .where(Webhook.person_id == caller.person_id)
        .order_by(Webhook.created_at.desc(), Webhook.id.desc())
        .limit(page.limit + 1)
    )
    if page.after:
        last = session.get(Webhook, page.after)
        if last is None or last.person_id != caller.person_id:
            raise errors.InvalidRequest(NOT_OURS)
        is_older = (Webhook.created_at < last.created_at) | (
            (Webhook.created_at == last.created_at) & (Webhook.id < last.id)
        )
        query = query.where(is_older)
    return session.scalars(query).all()


def deliveries_of(session: Session, webhook: Webhook, page: PageRequest) -> Sequence[WebhookDelivery]:
    """What it was told and is to be told, the newest first, at most one more than asked for."""
    query = (
        select(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook.id)
        .order_by(WebhookDelivery.happened_at.desc(), WebhookDelivery.id.desc())
        .limit(page.limit + 1)
    )
    if page.after:
        last = session.get(WebhookDelivery, page.after)
        if last is None or last.webhook_id != webhook.id:
            raise errors.InvalidRequest(NOT_OURS)
        is_older = (WebhookDelivery.happened_at < last.happened_at) | (
            (WebhookDelivery.happened_at == last.happened_at) & (WebhookDelivery.id < last.id)
        )
        query = query.where(is_older)
    return session.scalars(query).all()


def _record(session: Session, caller: Caller, action: str, webhook: Webhook, **detail: object) -> None:
    audit.record(session, caller.person_id, action, webhook.id, credential=caller.credential_id, **detail)
