"""A urllib3 pool manager on the same connections, for libraries that speak through urllib3 (S3, git)."""

import socket
from collections.abc import Callable
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.retry import Retry

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
            return super().urlopen(method, url, redirect=redirect, **given)

    class ProxiedManager(Manager, urllib3.ProxyManager):
        pass

    given: dict[str, Any] = {
        "retries": Retry(connect=0, read=0, status=0, other=0, redirect=MAX_REDIRECTS, total=MAX_REDIRECTS),
        "timeout": urllib3.Timeout(outbound.limits.timeout_s),
    }
    manager = ProxiedManager(outbound.proxy, **given) if outbound.proxy else Manager(**given)
    manager.pool_classes_by_scheme = _pools(connect)
    return manager


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
