"""The `holdfast` command: thin words over the rooms."""

from services.cli.commands import app

__all__ = ["app"]
