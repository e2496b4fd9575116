"""The search room as a LangChain retriever, for chains that are made inside the product."""

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, InstanceOf, SkipValidation

from services.identity.callers import Caller
from services.passages import Passage
from services.resources import Resources
from services.retrieval import search


class PassageRetriever(BaseRetriever):
    """Finds what its caller may read; there is none without a caller, and none for everybody."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    caller: InstanceOf[Caller]
    resources: SkipValidation[Resources]
    collections: tuple[str, ...] | None = None
    limit: int = 8

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  (LangChain passes it by name)
    ) -> list[Document]:
        found = search.find_passages(
            self.caller, query, self.resources, collections=self.collections, limit=self.limit
        )
        return [_document(passage) for passage in found.passages]


def _document(passage: Passage) -> Document:
    metadata: dict[str, Any] = {
        "document_id": passage.document_id,
        "document_name": passage.document_name,
        "version_id": passage.version_id,
        "heading_path": list(passage.heading_path),
        "page": passage.first_page,
        "start": passage.start,
        "end": passage.end,
        "score": passage.score,
    }
    return Document(page_content=passage.text, id=passage.chunk_id, metadata=metadata)
