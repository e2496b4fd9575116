"""One play on the bare model: its stream, what it took, and that its player may still watch."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from hashlib import sha256

import anyio
from fastapi.concurrency import run_in_threadpool

from services.adapters.vllm_play import Play, Played
from services.answers.still_reading import TOKENS_EVERY_S
from services.identity import callers, limits
from services.identity.callers import Caller
from services.playground.schemas import PlayEnd
from services.resources import Resources


@dataclass(slots=True)
class Account:
    """What a play has taken so far; times are seconds after its request left for the engine."""

    began: float = field(default_factory=time.perf_counter)
    first: float | None = None
    last: float = 0.0
    parts: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    finish_reason: str = "stop"

    def note(self, played: Played) -> None:
        if played.text or played.tokens:
            self.last = time.perf_counter() - self.began
            self.first = self.last if self.first is None else self.first
            self.parts += 1
        self.prompt_tokens = max(self.prompt_tokens, played.prompt_tokens)
        self.completion_tokens = max(self.completion_tokens, played.completion_tokens)
        self.finish_reason = played.finish_reason or self.finish_reason

    @property
    def tokens(self) -> int:
        """All of them; where the engine broke off before it counted, at least what it said."""
        return max(self.prompt_tokens + self.completion_tokens, self.parts)

    @property
    def end(self) -> PlayEnd:
        return PlayEnd(
            finish_reason=self.finish_reason,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            ttft_ms=None if self.first is None else round(self.first * 1000, 1),
            total_ms=round((time.perf_counter() - self.began) * 1000, 1),
            tokens_per_s=self._tokens_per_s(),
        )

    def _tokens_per_s(self) -> float | None:
        if self.first is None or self.completion_tokens < 2 or self.last <= self.first:
            return None
        return round((self.completion_tokens - 1) / (self.last - self.first), 1)


async def play(
    wanted: Play, account: Account, caller: Caller, resources: Resources
) -> AsyncGenerator[Played, None]:
    """What the model says; ends with errors.HoldfastError once the caller is no administrator any more."""
    looked_at = account.began = time.perf_counter()
    try:
        async with aclosing(resources.model.play(wanted, cache_salt=_salt(caller))) as said:
            async for played in said:
                account.note(played)
                if time.perf_counter() - looked_at > TOKENS_EVERY_S:
                    await run_in_threadpool(_look_again, caller, resources)
                    looked_at = time.perf_counter()
                if played.text or played.tokens:
                    yield played
    finally:  # also for one who leaves early
        with anyio.CancelScope(shield=True):
            await run_in_threadpool(limits.spend, caller, account.tokens, resources)


def _salt(caller: Caller) -> str:
    """How quickly a prompt is read must not tell what stood in somebody else's."""
    return sha256(f"playground {caller.person_id}".encode()).hexdigest()


def _look_again(caller: Caller, resources: Resources) -> None:
    with resources.transactions.read() as session:
        callers.now_in(session, caller).require_admin()
