"""Scopes, as the library's rooms call them; they are interned on the ground, where syncs need them too."""

from services.database.scopes import intern_scope, known_scope, require_groups

__all__ = ["intern_scope", "known_scope", "require_groups"]
