"""Wire shapes of the memory planner and of what a card costs beside an API; sizes are bytes."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.engine.cards import Card
from services.engine.memory import Device, Plan, Wanted
from services.engine.planning import Cost, Point, Prices, Suggestion, Usage

Tokens = Annotated[int, Field(ge=1, le=10_000_000)]
Money = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]


class Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CardOut(BaseModel):
    """A card from its datasheet: memory in GB, bandwidth in GB/s; what it has kernels for."""

    name: str
    memory_gb: int
    capability: float
    bandwidth_gb_s: int
    watts: int
    kernels: list[str]

    @classmethod
    def of(cls, card: Card) -> "CardOut":
        kernels = sorted(card.device.kernels)
        return cls(
            name=card.name,
            memory_gb=card.memory,
            capability=card.capability,
            bandwidth_gb_s=card.bandwidth,
            watts=card.watts,
            kernels=kernels,
        )


class PulledModelOut(BaseModel):
    """A model on this machine that can be planned."""

    name: str
    folder: str
    repository: str
    license: str
    method: str
    bits: int
    label: str | None


class PlanAsked(Sent):
    """`model` as it is listed, empty for the served one; `gpu` is auto, cpu or a card's name."""

    model: str = ""
    gpu: Annotated[str, Field(max_length=100)] = "auto"
    precision: Annotated[str, Field(max_length=20)] = "own"
    context: Tokens = 4096
    concurrency: Annotated[int, Field(ge=1, le=4096)] = 1
    batched_tokens: Tokens = 8192
    kv_bits: Annotated[int, Field(ge=4, le=16)] = 16
    utilization: Annotated[float, Field(gt=0, le=1)] = 0.9
    kv_gib: Annotated[int, Field(ge=1, le=4096)] = 4
    eager: bool = False

    def wanted(self, gib: int) -> Wanted:
        return Wanted(
            context=self.context,
            concurrency=self.concurrency,
            batched_tokens=self.batched_tokens,
            kv_bits=self.kv_bits,
            utilization=self.utilization,
            kv_space=self.kv_gib * gib,
            is_eager=self.eager,
        )


class PlanOut(BaseModel):
    """Where the memory goes in one form; `refusal` says why the device does not serve it."""

    precision: str
    weights: int = 0
    activations: int = 0
    overhead: int = 0
    kv_per_sequence: int = 0
    kv_wanted: int = 0
    kv_available: int = 0
    kv_tokens: int = 0
    needed: int = 0
    usable: int = 0
    sequences: int = 0
    fits: bool = False
    refusal: str | None = None

    @classmethod
    def of(cls, precision: str, plan: Plan) -> "PlanOut":
        return cls(
            precision=precision,
            weights=plan.weights,
            activations=plan.activations,
            overhead=plan.overhead,
            kv_per_sequence=plan.kv_per_sequence,
            kv_wanted=plan.kv_wanted,
            kv_available=plan.kv_available,
            kv_tokens=plan.kv_tokens,
            needed=plan.needed,
            usable=plan.usable,
            sequences=plan.sequences,
            fits=plan.fits,
        )


class SuggestionOut(BaseModel):
    """One change that makes it fit, with the settings it leads to."""

    change: str
    precision: str
    device: str
    context: int
    concurrency: int
    kv_bits: int

    @classmethod
    def of(cls, found: Suggestion) -> "SuggestionOut":
        return cls(
            change=found.change,
            precision=found.precision,
            device=found.device,
            context=found.wanted.context,
            concurrency=found.wanted.concurrency,
            kv_bits=found.wanted.kv_bits,
        )


class PointOut(BaseModel):
    """So many whole contexts of that length at once."""

    batch: int
    context: int
    needed: int
    fits: bool

    @classmethod
    def of(cls, point: Point) -> "PointOut":
        return cls(batch=point.batch, context=point.context, needed=point.needed, fits=point.fits)


class PlannedOut(BaseModel):
    """The plan asked for, every other form beside it, the nearest settings that fit, and the curve."""

    device: str
    device_bytes: int
    kernels: list[str]
    plan: PlanOut
    forms: list[PlanOut]
    suggestions: list[SuggestionOut]
    curve: list[PointOut]

    @classmethod
    def of(
        cls,
        device: Device,
        plans: tuple[PlanOut, list[PlanOut]],
        suggestions: list[Suggestion],
        curve: list[Point],
    ) -> "PlannedOut":
        return cls(
            device=device.name,
            device_bytes=device.total,
            kernels=sorted(device.kernels),
            plan=plans[0],
            forms=plans[1],
            suggestions=[SuggestionOut.of(one) for one in suggestions],
            curve=[PointOut.of(one) for one in curve],
        )


class ServedPlanOut(BaseModel):
    """The served release's plan beside the engine's own figures; `kv_error` is a share of the engine's."""

    release_id: str
    device: str
    plan: PlanOut
    engine_kv_tokens: int | None
    kv_error: float | None


class CostAsked(Sent):
    """What a month asks for, and both prices, in one currency."""

    answers_per_month: Annotated[int, Field(ge=1, le=10**9)]
    prompt_tokens: Tokens
    answer_tokens: Tokens
    card_per_hour: Money
    hours_per_month: Annotated[float, Field(gt=0, le=744)] = 730.0
    tokens_per_s: Positive
    api_per_million_in: Money
    api_per_million_out: Money

    @property
    def usage(self) -> Usage:
        return Usage(self.answers_per_month, self.prompt_tokens, self.answer_tokens)

    @property
    def prices(self) -> Prices:
        return Prices(
            self.card_per_hour,
            self.hours_per_month,
            self.tokens_per_s,
            self.api_per_million_in,
            self.api_per_million_out,
        )


class CostOut(BaseModel):
    """Both ways for the same answers; `enough` is whether one card can write them in its hours."""

    card_per_month: float
    card_per_answer: float
    api_per_month: float
    api_per_answer: float
    capacity: int
    cheaper_from: int | None
    enough: bool

    @classmethod
    def of(cls, found: Cost, answers: int) -> "CostOut":
        return cls(
            card_per_month=found.card_per_month,
            card_per_answer=found.card_per_answer,
            api_per_month=found.api_per_month,
            api_per_answer=found.api_per_answer,
            capacity=found.capacity,
            cheaper_from=found.cheaper_from,
            enough=found.capacity >= answers,
        )
