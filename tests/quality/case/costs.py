"""A machine by the hour beside an API by the token: example prices are said to be examples."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from services.engine import planning
from services.engine.planning import Prices, Usage
from services.settings import Answers

HOURS = 730.0
# Round numbers to see the order of things; nobody's offer, in no currency.
EXAMPLE_MACHINES = (0.1, 0.5, 2.0)
EXAMPLE_APIS = ((0.1, 0.4), (1.0, 4.0), (3.0, 15.0))
ASKED = (1_000, 10_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Offer:
    """Money by the hour, and by the million tokens in and out."""

    machine: float
    api_in: float
    api_out: float


@dataclass(frozen=True, slots=True)
class BreakEven:
    """`per_answer` is what the machine costs an answer at each number of `ASKED` a month."""

    offer: Offer
    month: float
    api_answer: float
    cheaper_from: int | None
    per_answer: tuple[float, ...]


def longest_answer(bounds: Answers) -> Usage:
    """The most tokens that one answer may take by the product's own bounds; a typical one takes fewer."""
    return Usage(1, bounds.prompt_tokens, bounds.max_tokens)


def break_even(offer: Offer, usage: Usage) -> BreakEven:
    prices = Prices(offer.machine, HOURS, 1.0, offer.api_in, offer.api_out)
    at = [
        planning.cost(Usage(asked, usage.prompt_tokens, usage.answer_tokens), prices).card_per_answer
        for asked in ASKED
    ]
    found = planning.cost(Usage(1, usage.prompt_tokens, usage.answer_tokens), prices)
    return BreakEven(offer, found.card_per_month, found.api_per_answer, found.cheaper_from, tuple(at))


def examples(usage: Usage) -> list[BreakEven]:
    return [break_even(Offer(machine, *api), usage) for machine in EXAMPLE_MACHINES for api in EXAMPLE_APIS]


def of_seconds(seconds: float, machine: float) -> float:
    """What an answer costs on a machine that writes one after another and is never idle."""
    return seconds * machine / 3600


def chart(rows: Sequence[BreakEven]) -> str:
    """Answers a month from which the machine is cheaper, one bar for each pair, on a logarithmic scale."""
    width, height = 760, 26 * len(rows) + 30
    bars = "".join(_bar(place, row) for place, row in enumerate(rows) if row.cheaper_from)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="Answers a month from which the machine is cheaper">{bars}</svg>'
    )


def _bar(place: int, row: BreakEven) -> str:
    y, length = 26 * place + 8, round(60 * math.log10(row.cheaper_from or 1))
    offer = row.offer
    label = f"{offer.machine:g} an hour; API {offer.api_in:g} in, {offer.api_out:g} out"
    return (
        f'<text x="0" y="{y + 13}" font-size="12">{label}</text>'
        f'<rect x="240" y="{y}" width="{length}" height="18" fill="#1f4e79"/>'
        f'<text x="{246 + length}" y="{y + 13}" font-size="12">{row.cheaper_from:,}</text>'
    )
