"""One api's own indexes beside those of the others: what they hold, said to SQL, and made anew when wrong."""

import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from services import errors, generations
from services.database.session import now
from services.database.tables.generations import IndexGeneration
from services.resources import Resources
from services.retrieval import follow, queries

log = logging.getLogger(__name__)
# SQLite has one writer: a replica says how far it is at most this often.
REPORT_EVERY_S = 5.0


class Replica:
    """What this process says of its indexes; `level()` is told each time they hold all that SQL holds."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self.name = f"{socket.gethostname()}-{os.getpid()}"
        self._generation = resources.lock.generation
        self._reported_at = 0.0
        self._level_at = monotonic()
        self._remade_at: dict[str, int] = {}

    def level(self) -> None:
        """Both indexes have just been seen to be where SQL is."""
        self._level_at = monotonic()

    def lag_s(self) -> float:
        """Seconds since both indexes were last seen level with SQL."""
        return monotonic() - self._level_at

    def report_in_time(self) -> None:
        """Say how far this replica is and look whether it is right, once every few seconds."""
        if monotonic() - self._reported_at < REPORT_EVERY_S:
            return
        self._note_generation()
        self.compare()
        self.report()
        self._reported_at = monotonic()

    def report(self) -> None:
        lexical, vectors = self._resources.lexical, self._resources.vectors
        position = min(lexical.position(), vectors.position())
        chunks, mark, rebuilds = lexical.count(), lexical.mark(), self._rebuilds_done()
        with self._resources.transactions.write() as session:
            queries.write_replica(
                session,
                self.name,
                generation=self._generation,
                position=position,
                chunks=chunks,
                mark=mark,
                rebuilds=rebuilds,
                seen_at=now(),
            )

    def compare(self) -> None:
        """Make anew what was asked to be, and what does not hold the chunks that upkeep counted in SQL."""
        with self._resources.transactions.read() as session:
            generation = session.get(IndexGeneration, self._generation)
        if generation is None:
            return
        if generation.rebuilds > self._rebuilds_done():
            self._remake("lexical", follow.read_words_anew)
            self._remake("vectors", follow.read_vectors_anew)
            self._note_rebuilds(generation.rebuilds)
            return
        for name, remake in (("lexical", follow.read_words_anew), ("vectors", follow.read_vectors_anew)):
            if self._is_wrong(name, generation):
                self._remake(name, remake)
                # What is still wrong then lacks what it is made from; to do it again would not help.
                self._remade_at[name] = generation.checked_position

    def leave(self) -> None:
        with self._resources.transactions.write() as session:
            queries.forget_replica(session, self.name)

    def _is_wrong(self, name: str, generation: IndexGeneration) -> bool:
        index = self._resources.lexical if name == "lexical" else self._resources.vectors
        if generation.checked_at is None or index.position() != generation.checked_position:
            return False
        held = (index.count(), index.mark())
        if held == (generation.checked_chunks, generation.checked_mark):
            return False
        return self._remade_at.get(name) != generation.checked_position

    def _remake(self, name: str, remake: Callable[[Resources], None]) -> None:
        log.warning("an index is made anew", extra={"index": name})
        remake(self._resources)

    def _note_generation(self) -> None:
        with self._resources.transactions.read() as session:
            if session.get(IndexGeneration, self._generation) is not None:
                return
        try:
            with self._resources.transactions.write() as session:
                generations.note(session, self._resources.lock)
        except errors.Conflict:  # another replica noted it at the same moment
            return

    def _rebuilds_file(self) -> Path:
        return self._resources.settings.data_dir / f"index-rebuilds-{self._generation}"

    def _rebuilds_done(self) -> int:
        file = self._rebuilds_file()
        return int(file.read_text()) if file.exists() else 0

    def _note_rebuilds(self, rebuilds: int) -> None:
        self._rebuilds_file().write_text(str(rebuilds))
