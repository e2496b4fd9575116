"""Backup and restore: SQL and the file store are the truth, everything else is rebuilt from them."""

from services.backup.archive import restore, write

__all__ = ["write", "restore"]
