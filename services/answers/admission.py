"""Who may be answered now: so many at once, so many waiting in line, and everybody else is told at once.

The bounds are this process's own (divide the engine's concurrency by the api's replicas). One person holds
a bounded share of the places, so that one script cannot keep a company waiting. All in one event loop,
so nothing here is locked.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeVar

from fastapi import Request

from services import errors
from services.answers.ask import Event
from services.answers.schemas import WaitingEvent
from services.settings import Answers

Result = TypeVar("Result")


@dataclass(eq=False, slots=True)
class Ticket:
    """One question's place: in line until `is_admitted`, given back by `leave`."""

    admission: "Admission"
    person_id: str
    is_admitted: bool = False
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def positions(self) -> AsyncIterator[int]:
        """The place in line (1 is next), anew whenever it changes; ends with the admission.

        errors.TooManyRequests once the wait is over the bound.
        """
        ends_at = asyncio.get_running_loop().time() + self.admission.wait_s
        while not self.is_admitted:
            self.moved.clear()
            yield self.admission.position(self)
            try:
                async with asyncio.timeout_at(ends_at):
                    await self.moved.wait()
            except TimeoutError as error:
                raise self.admission.refusal("The line does not move quickly enough") from error

    def leave(self) -> None:
        """Give the place back; a second time does nothing."""
        self.admission.leave(self)


class Admission:
    """Places for answers in this process: first come, first served."""

    def __init__(self, settings: Answers) -> None:
        self.wait_s = settings.wait_s
        self._running_at_most, self._waiting_at_most = settings.running, settings.waiting
        self._each_at_most = settings.running_each
        self._running: set[Ticket] = set()
        self._waiting: deque[Ticket] = deque()
        self._held: Counter[str] = Counter()

    def enter(self, person_id: str) -> Ticket:
        """A place, or one in line; errors.TooManyRequests when there is none for this person."""
        if self._held[person_id] >= self._each_at_most:
            raise self.refusal(f"You are being answered {self._each_at_most} times already")
        if len(self._running) >= self._running_at_most and len(self._waiting) >= self._waiting_at_most:
            raise self.refusal("Too many questions are being answered")
        ticket = Ticket(self, person_id)
        self._held[person_id] += 1
        self._waiting.append(ticket)
        self._admit()
        return ticket

    def leave(self, ticket: Ticket) -> None:
        if ticket in self._running:
            self._running.remove(ticket)
        elif ticket in self._waiting:
            self._waiting.remove(ticket)
        else:
            return
        self._held[ticket.person_id] -= 1
        if not self._held[ticket.person_id]:
            del self._held[ticket.person_id]
        self._admit()

    def position(self, ticket: Ticket) -> int:
        """1 for the next one in line."""
        return self._waiting.index(ticket) + 1

    def refusal(self, reason: str) -> errors.TooManyRequests:
        """Said with when it is worth trying again."""
        again_s = max(1, int(self.wait_s / 4))
        return errors.TooManyRequests(f"{reason}; try again in a moment", retry_after=again_s)

    @property
    def running(self) -> int:
        return len(self._running)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def _admit(self) -> None:
        while self._waiting and len(self._running) < self._running_at_most:
            ticket = self._waiting.popleft()
            ticket.is_admitted = True
            self._running.add(ticket)
            ticket.moved.set()
        for ticket in self._waiting:
            ticket.moved.set()


def enter(request: Request, person_id: str) -> Ticket:
    """A place in this process, for the caller of this request."""
    admission: Admission = request.app.state.admission
    return admission.enter(person_id)


async def at_once(ticket: Ticket, work: Awaitable[Result]) -> Result:
    """The work's result, once it is its turn."""
    try:
        async for _position in ticket.positions():
            pass
        return await work
    finally:
        ticket.leave()
        if isinstance(work, Coroutine):
            work.close()  # it was never begun where the wait was in vain


async def in_turn(ticket: Ticket, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """The events of an answer once it is its turn; until then, its place in line."""
    try:
        async with aclosing(events):
            async for position in ticket.positions():
                yield Event("waiting", WaitingEvent(position=position))
            async for happened in events:
                yield happened
    finally:
        ticket.leave()
