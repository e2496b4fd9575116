"""Plans to choose by: one model in each form, what fits, the nearest settings that do, and what it costs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from services import errors
from services.engine import cards, launch, memory
from services.engine.memory import PRECISIONS, Architecture, Device, Plan, Precision, Wanted, Weights

CURVE_BATCHES = (1, 2, 4, 8, 16, 32, 64)
CURVE_CONTEXTS = (1024, 2048, 4096, 8192, 16384, 32768)


@dataclass(frozen=True, slots=True)
class Subject:
    """A model as the plan sees it: its tensors' sizes, its shape and the form it is in."""

    weights: Weights
    architecture: Architecture
    form: Precision

    def bytes_at(self, precision: Precision) -> int:
        """Exact in its own form, computed in another; a quantized model is planned as it is only."""
        if precision == self.form:
            return self.weights.total
        if self.form.bits < 16:
            raise errors.InvalidRequest(
                f"this model is {self.form.name} already: plan {precision.name} from its unquantized weights"
            )
        return memory.weights_at(self.weights, precision)

    @property
    def forms(self) -> list[Precision]:
        return list(PRECISIONS.values()) if self.form.bits >= 16 else [self.form]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Settings near the wanted ones that fit."""

    change: str
    precision: str
    wanted: Wanted
    device: str


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the curve: so many whole contexts of that length at once."""

    batch: int
    context: int
    needed: int
    fits: bool


def open_model(folder: Path) -> Subject:
    """From headers and configuration; errors.InvalidRequest where they cannot be read or planned."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        bits = launch.widths(config.get("quantization_config") or {})
        return Subject(
            memory.read_weights(folder),
            memory.read_architecture(config),
            memory.precision_of(config, bits),
        )
    except FileNotFoundError as error:
        raise errors.NotFound(f"{folder.name}: the model's files are not on this machine") from error
    except (memory.CannotPlan, OSError, ValueError, KeyError) as error:
        raise errors.InvalidRequest(f"the model cannot be planned: {error}") from error


def precision_named(name: str, subject: Subject) -> Precision:
    """`own` is the form the model is in."""
    if name == "own":
        return subject.form
    if name not in PRECISIONS:
        raise errors.InvalidRequest(f"{name}: not a precision; known are own, {', '.join(PRECISIONS)}")
    return PRECISIONS[name]


def plan_for(subject: Subject, precision: Precision, wanted: Wanted, device: Device) -> Plan:
    """errors.InvalidRequest where the card has no kernel for that form."""
    missing = memory.missing_kernel(precision, device)
    if missing:
        raise errors.InvalidRequest(missing)
    return memory.make_plan(subject.bytes_at(precision), subject.architecture, wanted, device)


def nearest(subject: Subject, precision: Precision, wanted: Wanted, device: Device) -> list[Suggestion]:
    """What to change, one thing each: fewer at once, shorter, narrower keys, fewer bits, a larger card."""
    return [
        *_other_settings(subject, precision, wanted, device),
        *_other_parts(subject, precision, wanted, device),
    ]


def _other_settings(
    subject: Subject, precision: Precision, wanted: Wanted, device: Device
) -> Iterator[Suggestion]:
    def suggest(change: str, tried: Wanted) -> Iterator[Suggestion]:
        if _fits(subject, precision, tried, device):
            yield Suggestion(change, precision.name, tried, device.name)

    size = subject.bytes_at(precision)
    sequences = memory.make_plan(size, subject.architecture, wanted, device).sequences
    if 0 < sequences < wanted.concurrency:
        yield from suggest(f"{sequences} at once", replace(wanted, concurrency=sequences))
    context = memory.longest_context(size, subject.architecture, wanted, device)
    if 0 < context < wanted.context:
        yield from suggest(f"a context of {context} tokens", replace(wanted, context=context))
    if wanted.kv_bits == 16 and "fp8" in device.kernels:
        yield from suggest("keys and values in 8 bits", replace(wanted, kv_bits=8))


def _other_parts(
    subject: Subject, precision: Precision, wanted: Wanted, device: Device
) -> Iterator[Suggestion]:
    narrower = sorted((form for form in subject.forms if form.bits < precision.bits), key=_by_width)
    for form in narrower:
        if _fits(subject, form, wanted, device):
            yield Suggestion(f"weights as {form.name}", form.name, wanted, device.name)
            break
    larger = sorted(cards.read(), key=lambda card: (card.memory, card.watts))
    for card in larger:
        if device.capability is not None and _fits(subject, precision, wanted, card.device):
            yield Suggestion(f"a larger card: {card.name}", precision.name, wanted, card.device.name)
            break


def _by_width(precision: Precision) -> tuple[int, bool]:
    """The widest first, symmetric before asymmetric: the least change that fits."""
    return -precision.bits, not precision.is_symmetric


def _fits(subject: Subject, precision: Precision, wanted: Wanted, device: Device) -> bool:
    if memory.missing_kernel(precision, device):
        return False
    return memory.make_plan(subject.bytes_at(precision), subject.architecture, wanted, device).fits


def curve(subject: Subject, precision: Precision, wanted: Wanted, device: Device) -> list[Point]:
    """Batch size x sequence length: what each pair needs, and whether it fits."""
    points = []
    for batch in CURVE_BATCHES:
        for context in CURVE_CONTEXTS:
            tried = replace(wanted, concurrency=batch, context=context)
            made = memory.make_plan(subject.bytes_at(precision), subject.architecture, tried, device)
            points.append(Point(batch, context, made.needed, made.fits))
    return points


@dataclass(frozen=True, slots=True)
class Usage:
    """What is asked of the card: answers a month, and tokens of each in and out."""

    answers_per_month: int
    prompt_tokens: int
    answer_tokens: int


@dataclass(frozen=True, slots=True)
class Prices:
    """Money in one currency: the card by the hour, an API by the million tokens in and out.

    `tokens_per_s` is what the card writes with all its streams; `hours_per_month` is how long it is paid for.
    """

    card_per_hour: float
    hours_per_month: float
    tokens_per_s: float
    api_per_million_in: float
    api_per_million_out: float


@dataclass(frozen=True, slots=True)
class Cost:
    """Both ways for the same answers; `capacity` is how many answers a month the card can write at all."""

    card_per_month: float
    card_per_answer: float
    api_per_month: float
    api_per_answer: float
    capacity: int
    cheaper_from: int | None
    """Answers a month from which the card is the cheaper; None where the API costs nothing."""


def cost(usage: Usage, prices: Prices) -> Cost:
    """The card costs its hours whether asked or not; the API costs its tokens.

    card/month = price x hours; capacity = tokens/s x 3600 x hours / tokens of an answer;
    API/answer = (in x price_in + out x price_out) / 10^6.
    """
    card = prices.card_per_hour * prices.hours_per_month
    bought = (
        usage.prompt_tokens * prices.api_per_million_in + usage.answer_tokens * prices.api_per_million_out
    )
    api = bought / 1e6
    written = prices.tokens_per_s * 3600 * prices.hours_per_month
    return Cost(
        card_per_month=card,
        card_per_answer=card / usage.answers_per_month,
        api_per_month=api * usage.answers_per_month,
        api_per_answer=api,
        capacity=int(written / usage.answer_tokens),
        cheaper_from=round(card / api) if api else None,
    )
