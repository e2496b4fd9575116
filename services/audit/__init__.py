"""Who did what: a writer on the ground; its entries hold ids only and are written in the act's transaction."""

from services.audit.writer import record

__all__ = ["record"]
