"""Who did what: a writer on the ground; its entries hold ids only and are written in its transaction."""

from services.audit.writer import record

__all__ = ["record"]
