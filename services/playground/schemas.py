"""Wire shapes of the playground: what may be asked of the bare model, and what it says."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services import errors
from services.adapters.vllm_play import Play, Played
from services.adapters.vllm_probe import Draw
from services.release import Lock

LONGEST = 200_000
MOST_TOKENS = 8192
Text = Annotated[str, Field(max_length=LONGEST)]


class Said(BaseModel):
    """One turn of a chat; the system prompt has a field of its own."""

    model_config = ConfigDict(extra="forbid")

    role: Literal["user", "assistant"]
    content: Text


class PlayAsked(BaseModel):
    """`complete` goes on with `prompt` as it stands; `chat` puts the turns through the model's template.

    Nothing but these fields reaches the engine. `logprobs` is how many other tokens are told beside each;
    null tells none.
    """

    model_config = ConfigDict(extra="forbid")

    mode: Literal["complete", "chat"]
    prompt: Text = ""
    system: Text = ""
    messages: Annotated[list[Said], Field(max_length=200)] = []
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    top_k: Annotated[int, Field(ge=0, le=1000)] = 0
    repetition_penalty: Annotated[float, Field(gt=0, le=2)] = 1.0
    max_tokens: Annotated[int, Field(ge=1, le=MOST_TOKENS)] = 256
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    stop: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=4)] = []
    logprobs: Annotated[int, Field(ge=0, le=5)] | None = 3
    stream: bool = True

    @model_validator(mode="after")
    def require_something(self) -> Self:
        if self.mode == "complete" and not self.prompt:
            raise ValueError("prompt is empty: there is nothing to go on with")
        if self.mode == "chat" and not any(one.content.strip() for one in self.messages):
            raise ValueError("messages hold nothing that was said")
        return self

    def play(self, context_tokens: int) -> Play:
        """errors.InvalidRequest where more is asked for than the model has room for."""
        if self.max_tokens >= context_tokens:
            raise errors.InvalidRequest(f"max_tokens must leave room: the context is {context_tokens} tokens")
        return Play(
            max_tokens=self.max_tokens,
            messages=tuple(self._turns()) if self.mode == "chat" else (),
            prompt=self.prompt if self.mode == "complete" else "",
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            repetition_penalty=self.repetition_penalty,
            seed=self.seed,
            stop=tuple(self.stop),
            likeliest=self.logprobs,
        )

    def _turns(self) -> list[dict[str, str]]:
        first = [{"role": "system", "content": self.system}] if self.system else []
        return [*first, *({"role": one.role, "content": one.content} for one in self.messages)]


class LikelyToken(BaseModel):
    text: str
    logprob: float


class TokenOut(LikelyToken):
    """One token as it was drawn, and what else was likely there; log-probabilities are natural."""

    others: list[LikelyToken]

    @classmethod
    def of(cls, draw: Draw) -> Self:
        others = [LikelyToken(text=text, logprob=logprob) for text, logprob in draw.likeliest]
        return cls(text=draw.token, logprob=draw.logprob, others=others)


class TokensEvent(BaseModel):
    """What was said since the event before; `tokens` is empty where no log-probabilities were asked for."""

    text: str
    tokens: list[TokenOut]

    @classmethod
    def of(cls, played: Played) -> Self:
        return cls(text=played.text, tokens=[TokenOut.of(one) for one in played.tokens])


class PlayEnd(BaseModel):
    """Why it ended, and what it took: times from the request to the engine on."""

    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    ttft_ms: float | None
    total_ms: float
    tokens_per_s: float | None
    """Of the tokens after the first; null where fewer than two were said."""


class PlayedOut(PlayEnd):
    """The whole of it, for who does not want a stream."""

    text: str
    tokens: list[TokenOut]


class PlaygroundOut(BaseModel):
    """Whether the bare model may be played with here, and the release's own way of drawing tokens."""

    is_open: bool
    model: str
    release_id: str
    context_tokens: int
    temperature: float
    top_p: float
    seed: int
    max_tokens: int

    @classmethod
    def of(cls, lock: Lock, *, is_open: bool) -> Self:
        sampling = lock.sampling
        return cls(
            is_open=is_open,
            model=lock.generator.served_name,
            release_id=lock.release_id,
            context_tokens=lock.generator.context_tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            seed=sampling.seed,
            max_tokens=sampling.max_tokens,
        )
