"""Honest twins of the queue and the language model, held to the suites in tests/contracts."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from services import errors
from services.adapters.vllm import Message, Piece, Sampling
from services.adapters.vllm_play import Play, Played
from services.adapters.vllm_probe import Draw

CONTEXT_TOKENS = 2048


@dataclass
class FakeJobQueue:
    """Keeps what it was sent; `is_down` makes every call fail as a dead broker does."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    is_down: bool = False

    def send(self, task: str, run_id: str, *, priority: int = 0) -> None:
        self._require_up()
        self.sent.append((task, run_id))

    def waiting(self) -> int:
        self._require_up()
        return len(self.sent)

    def close(self) -> None:
        """Nothing is held."""

    def _require_up(self) -> None:
        if self.is_down:
            raise errors.QueueUnavailable


@dataclass
class FakeLanguageModel:
    """Says its pieces, whatever it is asked; `dies_after` pieces it breaks off as a killed engine does."""

    pieces: Sequence[str] = ()
    dies_after: int | None = None
    is_down: bool = False
    name: str = "scripted"
    special_tokens: tuple[str, ...] = ()
    asked: list[Sequence[Message]] = field(default_factory=list)
    salts: list[str] = field(default_factory=list)
    was_left: bool = False
    played: list[Play] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=lambda: {"version": "1.0", "block_size": "16"})
    logprob: float = -0.25

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    async def stream(
        self, messages: Sequence[Message], sampling: Sampling, *, cache_salt: str = ""
    ) -> AsyncGenerator[Piece, None]:
        self.salts.append(cache_salt)
        if self.is_down:
            raise errors.EngineUnavailable
        prompt_tokens = sum(self.count_tokens([message["content"] for message in messages]))
        if prompt_tokens + sampling.max_tokens > CONTEXT_TOKENS:
            raise errors.InvalidRequest("The engine cannot take this prompt; shorten it")
        self.asked.append(messages)
        said = list(self.pieces)[: sampling.max_tokens]
        ended = False
        try:
            for number, text in enumerate(said):
                if number == self.dies_after:
                    raise errors.EngineUnavailable("The engine broke off its answer")
                yield Piece(text=text)
            yield Piece(finish_reason="stop" if len(said) == len(self.pieces) else "length")
            yield Piece(prompt_tokens=prompt_tokens, completion_tokens=len(said))
            ended = True
        finally:
            self.was_left = not ended

    async def is_ready(self) -> bool:
        return not self.is_down

    async def draw(
        self, messages: Sequence[Message], sampling: Sampling, likeliest: int = 5
    ) -> tuple[Draw, ...]:
        if self.is_down:
            raise errors.EngineUnavailable
        self.asked.append(messages)
        return tuple(
            Draw(text, self.logprob, ((text, self.logprob), ("other", -4.0))[:likeliest])
            for text in list(self.pieces)[: sampling.max_tokens]
        )

    async def play(self, play: Play, *, cache_salt: str) -> AsyncGenerator[Played, None]:
        self.salts.append(cache_salt)
        if self.is_down:
            raise errors.EngineUnavailable
        asked = [message["content"] for message in play.messages] or [play.prompt]
        prompt_tokens = sum(self.count_tokens(asked))
        if prompt_tokens + play.max_tokens > CONTEXT_TOKENS:
            raise errors.InvalidRequest("The engine cannot take this prompt; shorten it")
        self.played.append(play)
        said = list(self.pieces)[: play.max_tokens]
        for number, text in enumerate(said):
            if number == self.dies_after:
                raise errors.EngineUnavailable("The engine broke off its answer")
            yield Played(text=text, tokens=self._drawn(text, play.likeliest))
        yield Played(finish_reason="stop" if len(said) == len(self.pieces) else "length")
        yield Played(prompt_tokens=prompt_tokens, completion_tokens=len(said))

    def _drawn(self, text: str, likeliest: int | None) -> tuple[Draw, ...]:
        if likeliest is None:
            return ()
        return (Draw(text, self.logprob, ((text, self.logprob), ("other", -4.0))[:likeliest]),)

    async def facts(self) -> dict[str, str]:
        if self.is_down:
            raise errors.EngineUnavailable
        return dict(self.told)

    async def metrics(self) -> str:
        if self.is_down:
            raise errors.EngineUnavailable
        return 'vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="100"} 1.0\n'

    async def close(self) -> None:
        """Nothing is held."""
