"""The OpenAI wire: what clients of that API send, and what they get back."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services import errors
from services.adapters.vllm import Sampling
from services.answers.follow_ups import Turn

LONGEST_QUESTION = 4000
_CITED = re.compile(r"\s?\[\d{1,3}\]")


class TextPart(BaseModel):
    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    """One turn; only text is understood."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)


class StreamOptions(BaseModel):
    include_usage: bool = False


class ChatRequest(BaseModel):
    """A chat completion; what a grounded model cannot honour is refused, not ignored."""

    model_config = ConfigDict(extra="allow")

    model: Annotated[str, Field(min_length=1, max_length=200)]
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=200)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: int = 1
    max_tokens: Annotated[int, Field(ge=1, le=8192)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1, le=8192)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    seed: int | None = None

    @property
    def question(self) -> str:
        """The last thing the user said."""
        said = [message.text.strip() for message in self.messages if message.role == "user"]
        if not said or not said[-1]:
            raise errors.InvalidRequest("The messages hold no question of the user")
        if len(said[-1]) > LONGEST_QUESTION:
            raise errors.InvalidRequest(f"A question has at most {LONGEST_QUESTION} characters")
        return said[-1]

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The questions before, each with what was answered to it."""
        found: list[Turn] = []
        for message in self.messages:
            text = message.text.strip()
            if message.role == "user" and text:
                found.append(Turn(text[:LONGEST_QUESTION]))
            elif message.role == "assistant" and found:
                found[-1] = Turn(found[-1].question, _CITED.sub("", text)[:LONGEST_QUESTION])
        return tuple(found[:-1])

    @property
    def include_usage(self) -> bool:
        return self.stream_options is not None and self.stream_options.include_usage

    def sampling(self, default: Sampling, longest: int) -> Sampling:
        """The client's sampling where it named one, else the default; never more than `longest` tokens."""
        asked = self.max_completion_tokens or self.max_tokens or default.max_tokens
        return Sampling(
            max_tokens=min(asked, longest),
            temperature=default.temperature if self.temperature is None else self.temperature,
            top_p=default.top_p if self.top_p is None else self.top_p,
            seed=default.seed if self.seed is None else self.seed,
        )

    @property
    def answer_schema(self) -> dict[str, Any] | None:
        """The JSON Schema that the answer is to follow, where `response_format` has one."""
        wanted = (self.model_extra or {}).get("response_format")
        if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
            return None
        about = wanted.get("json_schema")
        schema = about.get("schema") if isinstance(about, dict) else None
        if not isinstance(schema, dict):
            raise errors.InvalidRequest("response_format.json_schema.schema is missing")
        return schema

    def refuse_unsupported(self, *, may_shape: bool = False) -> None:
        """errors.UnsupportedParameter for what would change the answer and is not done here.

        `may_shape`: JSON by a schema is done.
        """
        if self.n != 1:
            raise errors.UnsupportedParameter("Only n = 1 is supported")
        extra = self.model_extra or {}
        refused = sorted(name for name in REFUSED if extra.get(name) not in (None, [], {}, False))
        is_shaped = may_shape and self.answer_schema is not None
        if not is_shaped and extra.get("response_format") not in (None, {"type": "text"}):
            refused.append("response_format")
        if refused:
            raise errors.UnsupportedParameter(f"Not supported by this model: {', '.join(refused)}")


REFUSED = frozenset(
    {"tools", "tool_choice", "functions", "function_call", "audio", "modalities", "logprobs", "top_logprobs",
     "logit_bias", "stop", "frequency_penalty", "presence_penalty", "prediction", "web_search_options"}
)  # fmt: skip


class ModelCard(BaseModel):
    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "holdfast"


class ModelList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelCard]


def error_body(error: errors.HoldfastError) -> dict[str, Any]:
    """The error as clients of that API read it."""
    kind = "invalid_request_error" if error.status < 500 else "api_error"
    if error.status == 401:
        kind = "authentication_error"
    return {"error": {"message": error.detail, "type": kind, "param": None, "code": error.code}}
