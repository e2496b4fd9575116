"""Who did what: a writer on the ground; its entries hold ids only and are written in its transaction."""

from services.audit.people import known_digest
from services.audit.writer import record

__all__ = ["known_digest", "record"]
