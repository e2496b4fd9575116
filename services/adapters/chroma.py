"""The chunk index: a Chroma server that holds vectors and one integer `scope` for each chunk, and no text.

It is derived: wiped, it is filled again from SQL and the file store. It is never told a permission; the
scope narrows a search, and every hit is checked in SQL by the search room.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import wraps
from json import JSONDecodeError
from threading import Lock
from typing import Any, Concatenate, ParamSpec, TypeVar

import httpx
import numpy as np
from chromadb.api import ServerAPI
from chromadb.api.collection_configuration import CreateCollectionConfiguration, HNSWConfiguration
from chromadb.api.models.Collection import Collection as Stored
from chromadb.config import Settings as ClientSettings
from chromadb.config import System
from chromadb.errors import ChromaError, NotFoundError
from chromadb.types import Collection as CollectionModel
from numpy.typing import NDArray

from services import errors

Vectors = NDArray[np.float32]
BATCH = 1000
CONNECT_TIMEOUT_S = 2.0
# Chroma writes a list of values into its SQL; 40,000 of them fail.
SCOPES_IN_A_FILTER = 500
# Recall with filters suffers under Chroma's defaults (16, 100, 100); see the search room's measurements.
HNSW = HNSWConfiguration(space="cosine", ef_construction=200, max_neighbors=32, ef_search=200)

Given = ParamSpec("Given")
Result = TypeVar("Result")
Item = TypeVar("Item")


# A connection of a server that has died since: found out only by using it.
BROKEN_CONNECTION = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)


def _tried_again(
    method: "Callable[Concatenate[ChunkIndex, Given], Result]",
) -> "Callable[Concatenate[ChunkIndex, Given], Result]":
    """Once, where the server was started anew, or no longer knows our collection (it was wiped).

    Every call may be made twice: writing or deleting the same again leaves the same index.
    """

    @wraps(method)
    def call(self: "ChunkIndex", /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        with _typed_errors():
            try:
                return method(self, *args, **kwargs)
            except (NotFoundError, *BROKEN_CONNECTION):
                self._forget_collection()
                return method(self, *args, **kwargs)

    return call


@contextmanager
def _typed_errors() -> Iterator[None]:
    try:
        yield
    except (ChromaError, httpx.HTTPError, JSONDecodeError) as error:
        raise errors.IndexUnavailable from error


class ChunkIndex:
    """One generation's vectors on a Chroma server; errors.IndexUnavailable whenever it cannot answer."""

    def __init__(
        self, host: str, port: int, generation: str, *, dimensions: int = 384, timeout_s: float = 10.0
    ) -> None:
        """`generation` names embedder and chunker: other vectors live in another collection."""
        self._address = (host, port)
        self._name = f"holdfast-{generation}"
        self._dimensions = dimensions
        self._timeout_s = timeout_s
        self._lock = Lock()
        self._system: System | None = None
        self._stored: Stored | None = None

    @_tried_again
    def upsert(self, ids: Sequence[str], vectors: Vectors, scope: int) -> None:
        """Write these vectors, or write them again: the same call twice leaves the same index."""
        if vectors.shape != (len(ids), self._dimensions):
            raise errors.HoldfastError(
                f"The vectors are {vectors.shape}, not one of {self._dimensions} per id"
            )
        for start in range(0, len(ids), BATCH):
            part = list(ids[start : start + BATCH])
            self._collection().upsert(
                ids=part,
                embeddings=vectors[start : start + BATCH],
                metadatas=[{"scope": scope} for _ in part],
            )

    @_tried_again
    def search(
        self, vector: Vectors, k: int, scopes: Collection[int] | None = None
    ) -> list[tuple[str, float]]:
        """The `k` nearest chunks with their cosine similarity, best first; `scopes` None means all."""
        if scopes is None:
            return self._nearest(vector, k, None)
        found = [
            hit
            for part in _parts(sorted(scopes), SCOPES_IN_A_FILTER)
            for hit in self._nearest(vector, k, _within(part))
        ]
        return sorted(found, key=lambda hit: -hit[1])[:k]

    @_tried_again
    def similarities(self, vector: Vectors, ids: Sequence[str]) -> dict[str, float]:
        """Cosine similarity of each of these chunks; unknown ones are left out."""
        found: dict[str, float] = {}
        for part in _parts(ids, BATCH):
            got = self._collection().get(ids=part, include=["embeddings"])
            if got["ids"]:
                stored = np.asarray(got["embeddings"], dtype=np.float32)
                lengths = np.linalg.norm(stored, axis=1) * np.linalg.norm(vector)
                found |= dict(zip(got["ids"], (stored @ vector / lengths).tolist(), strict=True))
        return found

    @_tried_again
    def existing(self, ids: Sequence[str]) -> set[str]:
        """Those of the ids that are in the index."""
        return {
            found
            for part in _parts(ids, BATCH)
            for found in self._collection().get(ids=part, include=[])["ids"]
        }

    @_tried_again
    def delete(self, ids: Sequence[str]) -> None:
        """Take these out; unknown ones are no error."""
        for part in _parts(ids, BATCH):
            self._collection().delete(ids=part)

    @_tried_again
    def set_scope(self, ids: Sequence[str], scope: int) -> None:
        """Give these chunks another scope (their readers were changed); unknown ones are no error."""
        for part in _parts(ids, BATCH):
            self._collection().update(ids=part, metadatas=[{"scope": scope} for _ in part])

    def entries(self, page: int = BATCH) -> Iterator[tuple[str, int]]:
        """Every id with its scope, for comparing the index with SQL."""
        offset = 0
        while entries := self._page(page, offset):
            yield from entries
            offset += len(entries)

    def all_ids(self, page: int = BATCH) -> Iterator[str]:
        """Every id of the index."""
        return (chunk_id for chunk_id, _scope in self.entries(page))

    def clear(self) -> None:
        """Forget every vector; the next call finds an empty index."""
        self.drop_generation(self._name.removeprefix("holdfast-"))

    def drop_generation(self, generation: str) -> None:
        """Forget another generation's vectors, or this one's; unknown ones are no error."""
        with _typed_errors(), suppress(NotFoundError):
            self._connected().delete_collection(f"holdfast-{generation}")
        self._forget_collection()

    @_tried_again
    def count(self) -> int:
        return int(self._collection().count())

    def heartbeat(self) -> None:
        """errors.IndexUnavailable unless the server answers."""
        with _typed_errors():
            self._connected().heartbeat()

    def close(self) -> None:
        """Give the connections back; the next call opens them again."""
        with self._lock:
            if self._system is not None:
                self._system.instance(ServerAPI)._session.close()
                self._system.stop()
            self._system = self._stored = None

    @_tried_again
    def _page(self, limit: int, offset: int) -> list[tuple[str, int]]:
        got = self._collection().get(limit=limit, offset=offset, include=["metadatas"])
        return [
            (chunk_id, int(metadata["scope"]))
            for chunk_id, metadata in zip(got["ids"], got["metadatas"] or [], strict=True)
        ]

    def _nearest(self, vector: Vectors, k: int, where: dict[str, Any] | None) -> list[tuple[str, float]]:
        found = self._collection().query(
            query_embeddings=vector[np.newaxis, :], n_results=k, where=where, include=["distances"]
        )
        distances = found["distances"] or [[]]
        return [
            (chunk_id, 1.0 - float(distance))
            for chunk_id, distance in zip(found["ids"][0], distances[0], strict=True)
        ]

    def _collection(self) -> Stored:
        server = self._connected()
        with self._lock:
            if self._stored is None:
                model = server.get_or_create_collection(
                    self._name, configuration=CreateCollectionConfiguration(hnsw=HNSW)
                )
                self._check(model)
                self._stored = Stored(client=server, model=model, embedding_function=None, data_loader=None)
            return self._stored

    def _check(self, model: CollectionModel) -> None:
        """The server is not ours alone: a collection made otherwise would rank, or even embed, otherwise."""
        configuration = model.configuration_json
        hnsw = configuration.get("hnsw") or {}
        embeds = (configuration.get("embedding_function") or {}).get("type", "none")
        if hnsw.get("space") != HNSW["space"] or embeds not in ("none", "legacy"):
            raise errors.IndexUnavailable(f"The collection {self._name} was not made by this product")
        if model.dimension not in (None, self._dimensions):
            raise errors.IndexUnavailable(
                f"{self._name} holds vectors of {model.dimension} dimensions, not {self._dimensions}"
            )

    def _forget_collection(self) -> None:
        with self._lock:
            self._stored = None

    def _connected(self) -> ServerAPI:
        with self._lock:
            if self._system is None:
                self._system = _open(*self._address, self._timeout_s)
            return self._system.instance(ServerAPI)


def _open(host: str, port: int, timeout_s: float) -> System:
    """A client whose every call is bounded; `chromadb.HttpClient` asks the server before it can be."""
    system = System(
        ClientSettings(
            chroma_api_impl="chromadb.api.fastapi.FastAPI",
            chroma_server_host=host,
            chroma_server_http_port=port,
            anonymized_telemetry=False,
        )
    )
    session: httpx.Client = system.instance(ServerAPI)._session
    session.timeout = httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S)
    session.event_hooks = {"response": [_refuse_server_errors]}
    system.start()
    return system


def _refuse_server_errors(response: httpx.Response) -> None:
    # The client raises a bare Exception for an error page that is not Chroma's, as a proxy's.
    if response.is_server_error:
        response.raise_for_status()


def _within(scopes: Sequence[int]) -> dict[str, Any]:
    return {"scope": {"$in": list(scopes)}}


def _parts(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    # Nothing at all yields no part, and so no question to Chroma, which refuses an empty list.
    return (list(items[start : start + size]) for start in range(0, len(items), size))
