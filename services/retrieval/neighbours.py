"""The text that stands around a passage."""

from dataclasses import dataclass

from services import errors
from services.adapters.file_store import FileStore
from services.database.tables.library import Version
from services.identity.callers import Caller
from services.passages import Passage
from services.resources import Resources
from services.retrieval import hydration, queries

CONTEXT_CHARACTERS = 800


@dataclass(frozen=True, slots=True)
class PassageInContext:
    """A passage and the stored text right before and after it."""

    passage: Passage
    before: str
    after: str


def passage_in_context(caller: Caller, chunk_id: str, resources: Resources) -> PassageInContext:
    """The passage with what stands around it; errors.NotFound unless the caller may read it now."""
    if not chunk_id.isalnum():  # an id is a digest; PostgreSQL would stumble over a NUL
        raise errors.NotFound("There is no such passage")
    with resources.transactions.read() as session:
        found = queries.readable_chunks(session, caller, [chunk_id]).get(chunk_id)
    if found is None:
        raise errors.NotFound("There is no such passage")
    passage = hydration.passage(found, score=0.0)
    text = _stored_text(resources.files, found[1])
    before = text[max(0, passage.start - CONTEXT_CHARACTERS) : passage.start]
    return PassageInContext(passage, before, text[passage.end : passage.end + CONTEXT_CHARACTERS])


def _stored_text(files: FileStore, version: Version) -> str:
    return files.read_text(version.text_digest or "")
