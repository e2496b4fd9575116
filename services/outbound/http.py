"""An httpx client whose every connection is made by `Outbound`, bounded in size and time."""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import httpcore
import httpx

from services import errors
from services.outbound.connecting import Outbound, require_same_host
from services.outbound.naming import Purpose

MAX_REDIRECTS = 5
_FAILURES = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,  # a plain exception: the proxy said no
    httpcore.UnsupportedProtocol,
)


def open_client(
    outbound: Outbound, purpose: Purpose, *, max_bytes: int | None = None, **given: Any
) -> httpx.Client:
    """A client for one purpose; redirects stay on their host, nothing is read from the environment.

    A reply over `max_bytes` (the settings' bound unless given) raises errors.TooLarge, one that takes longer
    than the settings' `total_s` errors.OutsideUnavailable. `given` goes to httpx.
    """
    client = httpx.Client(
        transport=NamedHostsTransport(outbound, purpose, max_bytes or outbound.limits.max_bytes),
        trust_env=False,
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        timeout=outbound.limits.timeout_s,
        event_hooks={"response": [_refuse_other_hosts]},
        **given,
    )
    # A compressed reply could unfold without bound; whoever sends one all the same is counted unfolded.
    client.headers["Accept-Encoding"] = "identity"
    return client


def _refuse_other_hosts(response: httpx.Response) -> None:
    if response.has_redirect_location:
        target = response.request.url.join(response.headers["location"])
        require_same_host(str(response.request.url), str(target))


class NamedHostsTransport(httpx.BaseTransport):
    """Sends requests over connections that `Outbound` opens."""

    def __init__(self, outbound: Outbound, purpose: Purpose, max_bytes: int) -> None:
        self._outbound, self._purpose, self._max_bytes = outbound, purpose, max_bytes
        self._pool = _open_pool(outbound, purpose)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._outbound.require_named(self._purpose, str(request.url))
        if not isinstance(request.stream, httpx.SyncByteStream):
            raise TypeError("an asynchronous body was given to a synchronous client")
        url = request.url
        with _typed_failures(str(url.host)):
            reply = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(
                        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        stream = BoundedStream(reply, str(url.host), self._max_bytes, self._outbound.limits.total_s)
        return httpx.Response(reply.status, headers=reply.headers, stream=stream, extensions=reply.extensions)

    def close(self) -> None:
        self._pool.close()


class BoundedStream(httpx.SyncByteStream):
    """A reply's body, given up when it grows too large or takes too long."""

    def __init__(self, reply: httpcore.Response, host: str, max_bytes: int, total_s: float) -> None:
        self._reply, self._host, self._max_bytes = reply, host, max_bytes
        self._ends_at = time.monotonic() + total_s

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        body = self._reply.stream
        if not isinstance(body, Iterable):
            raise TypeError("an asynchronous reply was given to a synchronous client")
        with _typed_failures(self._host):
            for block in body:
                received += len(block)
                if received > self._max_bytes:
                    raise errors.TooLarge(f"{self._host} sent more than the {self._max_bytes} bytes allowed")
                if time.monotonic() > self._ends_at:
                    raise errors.OutsideUnavailable(f"{self._host} took too long to send its reply")
                yield block

    def close(self) -> None:
        self._reply.close()


class CheckedBackend(httpcore.NetworkBackend):
    """httpcore's way to the network: TLS still asks for the host's name, the socket is the checked one."""

    def __init__(self, outbound: Outbound, purpose: Purpose) -> None:
        self._outbound, self._purpose = outbound, purpose
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002  (the signature is httpcore's)
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for address in self._outbound.addresses(self._purpose, host, port):
            try:
                return self._plain.connect_tcp(str(address), port, timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise errors.OutsideUnavailable(f"{host} does not answer at port {port}") from failure


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """The system's authorities; reading them takes longer than most requests."""
    return ssl.create_default_context()


def _open_pool(outbound: Outbound, purpose: Purpose) -> httpcore.ConnectionPool:
    given: dict[str, Any] = {
        "ssl_context": _trusted(),
        "max_connections": 8,
        "network_backend": CheckedBackend(outbound, purpose),
    }
    if outbound.proxy is None:
        return httpcore.ConnectionPool(**given)
    return httpcore.HTTPProxy(outbound.proxy, **given)


@contextmanager
def _typed_failures(host: str) -> Iterator[None]:
    """What goes wrong between us and a named host is one error of ours; its text may hold a query."""
    try:
        yield
    except _FAILURES as error:
        raise errors.OutsideUnavailable(f"{host} broke off: {type(error).__name__}") from error
