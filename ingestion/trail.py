"""Looks after the audit trail: seals what was written since, and empties what is kept no longer."""

from services.audit import retention, sealing
from services.database.session import Transactions
from services.settings import Settings


def look_after(transactions: Transactions, settings: Settings) -> None:
    """Seal where it is due, batch after batch; what expires is looked for with each seal."""
    with transactions.read() as session:
        is_due = sealing.is_due(session, settings)
    if not is_due:
        return
    secret = settings.secret_key.get_secret_value()
    is_full = True
    while is_full:
        with transactions.write() as session:
            made = sealing.seal(session, secret)
        is_full = made is not None and made.entries == sealing.AT_ONCE
    with transactions.write() as session:
        retention.expire(session, settings.audit)
