"""Sliding windows and leases in Redis: how often something happened lately, and how much of it goes on now.

A window is exact: it holds the time of every hit (`limits`, moving window), so no two windows' worth fit
around its edge. A lease ends by itself where its holder died.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from limits import RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import Redis
from redis.exceptions import RedisError

from services import errors
from services.settings import Queue

CONNECT_TIMEOUT_S, TIMEOUT_S = 0.5, 1.0
DOWN_S = 5.0
"""After a failure nobody waits for Redis again for so long."""
PREFIX = "holdfast-limits"
HOLD = """
redis.call('zremrangebyscore', KEYS[1], '-inf', ARGV[1])
if redis.call('zcard', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('zadd', KEYS[1], ARGV[3], ARGV[4])
redis.call('expireat', KEYS[1], math.ceil(ARGV[3]) + 1)
return 1
"""


@dataclass(frozen=True, slots=True)
class Window:
    """At most `amount` hits of `name` within the last `seconds`."""

    name: str
    amount: int
    seconds: int

    @property
    def item(self) -> RateLimitItemPerSecond:
        return RateLimitItemPerSecond(self.amount, self.seconds)


@dataclass(frozen=True, slots=True)
class Left:
    """What a window has left, and in how many seconds it will have more."""

    remaining: int
    more_in_s: float


class Windows:
    """Raises errors.QueueUnavailable whenever Redis does not answer."""

    def __init__(self, settings: Queue) -> None:
        self._client = Redis.from_url(
            settings.url, socket_connect_timeout=CONNECT_TIMEOUT_S, socket_timeout=TIMEOUT_S
        )
        storage = RedisStorage(
            settings.url,
            connection_pool=self._client.connection_pool,
            key_prefix=PREFIX,
            wrap_exceptions=True,
        )
        self._limiter = MovingWindowRateLimiter(storage)
        self._hold = self._client.register_script(HOLD)
        self._down_until = 0.0

    def take(self, windows: Sequence[Window]) -> Window | None:
        """Count one hit in all of them; or in none, and return the one that is full."""
        with self._answering():
            for window in windows:
                if not self._limiter.test(window.item, window.name):
                    return window
            for window in windows:
                if not self._limiter.hit(window.item, window.name):
                    return window  # another was faster
        return None

    def left(self, window: Window) -> Left:
        with self._answering():
            stats = self._limiter.get_window_stats(window.item, window.name)
        return Left(max(0, stats.remaining), max(0.0, stats.reset_time - time.time()))

    def spend(self, window: Window, amount: int) -> None:
        """Count so many hits at once; what goes over the window's amount fills it."""
        with self._answering():
            while amount > 0:
                spent = min(amount, self._limiter.get_window_stats(window.item, window.name).remaining)
                if spent <= 0 or self._limiter.hit(window.item, window.name, cost=spent):
                    return

    def hold(self, name: str, most: int, lease_s: float) -> str | None:
        """A lease, to be given back by `release`; None where `most` are held already."""
        holder, at = secrets.token_hex(8), time.time()
        with self._answering():
            is_held = self._hold(keys=[_key(name)], args=[at, most, at + lease_s, holder])
        return holder if is_held else None

    def held(self, name: str) -> int:
        with self._answering():
            return int(self._client.zcount(_key(name), time.time(), "+inf"))

    def release(self, name: str, holder: str) -> None:
        with self._answering():
            self._client.zrem(_key(name), holder)

    def close(self) -> None:
        self._client.close()

    def _answering(self) -> "_Answering":
        return _Answering(self)

    def require_up(self) -> None:
        if time.monotonic() < self._down_until:
            raise errors.QueueUnavailable

    def went_down(self) -> None:
        self._down_until = time.monotonic() + DOWN_S


class _Answering:
    """Turns what Redis' client raises into an error of ours."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows

    def __enter__(self) -> None:
        self._windows.require_up()

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, RedisError | StorageError | OSError):
            self._windows.went_down()
            raise errors.QueueUnavailable from error


def _key(name: str) -> str:
    return f"{PREFIX}:held:{name}"
