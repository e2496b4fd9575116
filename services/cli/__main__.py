"""`python -m services.cli` is the `holdfast` command."""

from services.cli.commands import app

app()
