"""What one worker child opened for itself after the fork: threads and connections do not survive one."""

import os
import socket
from contextlib import ExitStack

from ingestion import presence
from ingestion.chunking import CHUNKER_VERSION
from ingestion.parsing import PARSER_VERSION
from services import errors, release, runs, signatures, syncs
from services.release import Lock
from services.resources import Resources, open_resources
from services.settings import Settings, load_settings

TAKES = (runs.INGEST, runs.REPAIR, runs.CLEANUP, runs.RECEIPTS, syncs.SYNC)
_opened = ExitStack()
_resources: list[Resources] = []


def open_here() -> None:
    """Open everything in this process; errors.LockMismatch where its code is not what the lock names."""
    opened = _opened.enter_context(open_resources(load_settings()))
    require_versions(opened.lock)
    _opened.enter_context(presence.saying(name(), TAKES, opened.transactions))
    _resources.append(opened)


def require_release(settings: Settings) -> None:
    """errors.LockMismatch unless embedder, prompts, parser and chunker are what the lock names."""
    lock = signatures.read_trusted_lock(settings)
    release.verify_embedder(lock)
    require_versions(lock)


def require_versions(lock: Lock) -> None:
    """This build's parser and chunker must be the lock's: other text would be found under its release id."""
    here = {"parser": PARSER_VERSION, "chunker": CHUNKER_VERSION}
    named = {"parser": lock.ingestion.parser, "chunker": lock.ingestion.chunker}
    for part, version in here.items():
        if named[part] != version:
            wrong = f"{part}: the lock names version {named[part]}, this build is {version}"
            raise errors.LockMismatch(wrong)


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
