"""A urllib3 pool manager on the same connections, for libraries that speak through urllib3 (S3, git)."""

import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.retry import Retry

from services import errors, settings
from services.outbound.connecting import Outbound, require_same_host
from services.outbound.naming import Purpose

MAX_REDIRECTS = 5
Connect = Callable[[str, int, float | None], socket.socket]


def open_pool_manager(outbound: Outbound, purpose: Purpose) -> urllib3.PoolManager:
    """Retries nothing but redirects, which stay on their host; reads nothing from the environment."""

    def connect(host: str, port: int, timeout_s: float | None) -> socket.socket:
        return outbound.connect(purpose, host, port, timeout_s)

    class Manager(urllib3.PoolManager):
        def urlopen(  # type: ignore[override]
            self, method: str, url: str, redirect: bool = True, **given: Any
        ) -> urllib3.BaseHTTPResponse:
            outbound.require_named(purpose, url)
            retries = given.get("retries")
            if isinstance(retries, Retry) and retries.history:
                require_same_host(retries.history[-1].url or "", url)
            reply = super().urlopen(method, url, redirect=redirect, **given)
            _bound(reply, urlsplit(url).hostname or "", outbound.limits)
            return reply

    class ProxiedManager(Manager, urllib3.ProxyManager):
        pass

    given: dict[str, Any] = {
        "retries": Retry(connect=0, read=0, status=0, other=0, redirect=MAX_REDIRECTS, total=MAX_REDIRECTS),
        "timeout": urllib3.Timeout(outbound.limits.timeout_s),
    }
    manager = ProxiedManager(outbound.proxy, **given) if outbound.proxy else Manager(**given)
    manager.pool_classes_by_scheme = _pools(connect)
    return manager


def _bound(reply: urllib3.BaseHTTPResponse, host: str, limits: settings.Outbound) -> None:
    """Give a streamed reply up when it grows too large or takes too long."""
    if getattr(reply, "is_bounded", False):  # a redirect's reply comes through here more than once
        return
    read, ends_at, received = reply.read, time.monotonic() + limits.total_s, 0

    def read_within(*given: Any, **named: Any) -> bytes:
        nonlocal received
        block = read(*given, **named)
        received += len(block)
        if received > limits.max_bytes:
            raise errors.TooLarge(f"{host} sent more than the {limits.max_bytes} bytes allowed")
        if time.monotonic() > ends_at:
            raise errors.OutsideUnavailable(f"{host} took too long to send its reply")
        return block

    reply.read = read_within  # type: ignore[method-assign]
    reply.is_bounded = True  # type: ignore[attr-defined]


def _pools(connect: Connect) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self._dns_host, self.port or 80, _seconds(self.timeout))

    class Encrypted(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect(self._dns_host, self.port or 443, _seconds(self.timeout))

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}


def _seconds(timeout: Any) -> float | None:
    return float(timeout) if isinstance(timeout, int | float) else None
