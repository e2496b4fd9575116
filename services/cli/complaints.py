"""How an error of ours ends a command: in one line on standard error."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import typer
from rich.console import Console

from services import errors

Given = ParamSpec("Given")
Result = TypeVar("Result")
console = Console(stderr=True)


def complaining(call: Callable[Given, Result], *arguments: Given.args, **named: Given.kwargs) -> Result:
    """Run it; an error of ours becomes one line and exit code 1."""
    try:
        return call(*arguments, **named)
    except errors.HoldfastError as error:
        console.print(f"holdfast: {error.detail}", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
