"""What one worker child opened for itself after the fork: threads and connections do not survive one."""

import os
import socket
from contextlib import ExitStack

from services.resources import Resources, open_resources
from services.settings import load_settings

_opened = ExitStack()
_resources: list[Resources] = []


def open_here() -> None:
    """Open everything in this process."""
    _resources.append(_opened.enter_context(open_resources(load_settings())))


def close_here() -> None:
    _resources.clear()
    _opened.close()


def resources() -> Resources:
    """This process's adapters, opened at the first use where no signal opened them before."""
    if not _resources:
        open_here()
    return _resources[0]


def name() -> str:
    """Who works here, as a person looks for it: host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"
