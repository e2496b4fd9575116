"""A model hub, through huggingface_hub, which reads HF_ENDPOINT and HF_TOKEN.

Every connection, also that of each hop of a redirect, is made by the outbound room. Xet's own transport is
switched off, for it opens connections that no check of ours would see.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import httpx2
from huggingface_hub import HfApi, ModelInfo, constants, hf_hub_url, set_client_factory
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import http_get
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._http import hf_request_event_hook

from services import errors, outbound, settings
from services.outbound.http import NamedHostsTransport

MOST_BYTES = 2**40
TOTAL_S = 24 * 3600.0
UNFINISHED = ".part"


@dataclass(frozen=True, slots=True)
class Listing:
    """A repository at one commit: its files' sizes, and their sha256 where the hub knows it."""

    repository: str
    commit: str
    license: str
    sizes: Mapping[str, int]
    digests: Mapping[str, str]


class ModelHub:
    """The hub at HF_ENDPOINT; nothing leaves for a host that is not named."""

    def __init__(self, limits: settings.Outbound, *, endpoint: str | None = None) -> None:
        self._endpoint = endpoint or constants.ENDPOINT
        self._outbound = outbound.Outbound(limits.model_copy(update={"total_s": TOTAL_S}))
        constants.HF_HUB_DISABLE_XET = True
        set_client_factory(_checked_client_factory(self._outbound))

    def resolve(self, repository: str, revision: str | None) -> Listing:
        """The commit that `revision` (branch, tag or commit; None is the default branch) names now."""
        self._outbound.require_named("models", self._endpoint)
        with _our_errors(repository, revision):
            info = HfApi(endpoint=self._endpoint).model_info(
                repository, revision=revision, files_metadata=True
            )
        files = info.siblings or []
        return Listing(
            repository,
            info.sha or "",
            _license(info),
            {file.rfilename: file.size or 0 for file in files},
            {file.rfilename: file.lfs.sha256 for file in files if file.lfs},
        )

    def download(self, listing: Listing, name: str, folder: Path) -> None:
        """One file into `folder`, with a progress bar; goes on where an earlier try of any process broke off.

        The client's own download begins a file anew in every process, so its lower half is called.
        """
        target, part = folder / name, folder / f"{name}{UNFINISHED}"
        if target.is_file():
            return
        url = hf_hub_url(listing.repository, name, revision=listing.commit, endpoint=self._endpoint)
        with _our_errors(listing.repository, listing.commit), part.open("ab") as file:
            http_get(
                url,
                file,
                resume_size=file.tell(),
                headers=build_hf_headers(),
                expected_size=listing.sizes[name],
                displayed_filename=name,
            )
        part.rename(target)


class HubTransport(httpx2.BaseTransport):
    """The outbound room's transport in the dress that huggingface_hub's client knows."""

    def __init__(self, opened: outbound.Outbound) -> None:
        self._transport = NamedHostsTransport(opened, "models", MOST_BYTES)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        asked = httpx.Request(
            request.method,
            str(request.url),
            headers=request.headers.raw,
            content=request.read(),
            extensions=dict(request.extensions),
        )
        with _its_errors():
            reply = self._transport.handle_request(asked)
        return httpx2.Response(reply.status_code, headers=reply.headers.raw, stream=Body(reply))

    def close(self) -> None:
        self._transport.close()


@contextmanager
def _its_errors() -> Iterator[None]:
    """A connection that breaks is told in the client's own words: it then tries again from where it was."""
    try:
        yield
    except errors.OutsideUnavailable as error:
        raise httpx2.RemoteProtocolError(error.detail) from error


class Body(httpx2.SyncByteStream):
    """A reply's body, handed on block by block."""

    def __init__(self, reply: httpx.Response) -> None:
        self._reply = reply

    def __iter__(self) -> Iterator[bytes]:
        if not isinstance(self._reply.stream, httpx.SyncByteStream):
            raise TypeError("an asynchronous reply was given to a synchronous client")
        with _its_errors():
            yield from self._reply.stream

    def close(self) -> None:
        self._reply.close()


def _checked_client_factory(opened: outbound.Outbound) -> Callable[[], httpx2.Client]:
    def make() -> httpx2.Client:
        return httpx2.Client(
            transport=HubTransport(opened),
            event_hooks={"request": [hf_request_event_hook]},
            follow_redirects=True,
            timeout=opened.limits.timeout_s,
        )

    return make


def _license(info: ModelInfo) -> str:
    tagged = [tag.removeprefix("license:") for tag in info.tags or [] if tag.startswith("license:")]
    return tagged[0] if tagged else "unknown"


@contextmanager
def _our_errors(repository: str, revision: str | None) -> Iterator[None]:
    named = f"{repository}@{revision}" if revision else repository
    try:
        yield
    except GatedRepoError as error:
        raise errors.Forbidden(f"{named} is gated: accept its licence on the hub and set HF_TOKEN") from error
    except (RepositoryNotFoundError, RevisionNotFoundError, HFValidationError) as error:
        raise errors.NotFound(
            f"{named}: the hub knows no such model (a private one needs HF_TOKEN)"
        ) from error
    except OfflineModeIsEnabled as error:
        raise errors.Unavailable("HF_HUB_OFFLINE is set, so no model can be fetched from a hub") from error
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx2.HTTPError) as error:
        raise errors.Unavailable(f"{named}: the hub cannot be reached: {_cause(error)}") from error


def _cause(error: BaseException) -> str:
    return str(error.__cause__ or error).splitlines()[0]
