"""All long work: one table, one writer. Everyone *requests* runs here; workers claim them under a lease.

A claim is one UPDATE … WHERE, so of two workers one wins; it raises the row's `fence`, and every later
write of that worker names the fence it was given, so a worker that lost its lease can change nothing.
Lease times are the database's clock, never a worker's. Which run comes next is said by `turns`.
"""

from services.runs.asking import (
    CLEANUP,
    INGEST,
    RECEIPTS,
    REPAIR,
    cancel,
    cancel_open,
    is_open,
    pause,
    prioritise,
    request,
    resume,
    retry,
    retry_all,
)
from services.runs.claims import (
    Claim,
    claim,
    claim_more,
    claim_next,
    fail,
    finish,
    hand_back,
    progress,
    require_held,
)
from services.runs.clock import database_now
from services.runs.sending import next_ids, reclaim, take_unsent

__all__ = [
    "CLEANUP",
    "INGEST",
    "RECEIPTS",
    "REPAIR",
    "Claim",
    "cancel",
    "cancel_open",
    "claim",
    "claim_more",
    "claim_next",
    "database_now",
    "fail",
    "finish",
    "hand_back",
    "is_open",
    "next_ids",
    "pause",
    "prioritise",
    "progress",
    "reclaim",
    "request",
    "require_held",
    "resume",
    "retry",
    "retry_all",
    "take_unsent",
]
