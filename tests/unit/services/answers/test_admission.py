import asyncio
from contextlib import aclosing

import pytest

from services import errors
from services.answers import admission
from services.answers.admission import Admission
from services.settings import Answers


def places(**bounds) -> Admission:
    return Admission(Answers(**{"running": 2, "waiting": 2, "running_each": 9, "wait_s": 5} | bounds))


async def positions_of(ticket) -> list[int]:
    return [position async for position in ticket.positions()]


def test_first_come_first_served():
    async def act():
        line = places(running=1)
        first, second, third = (line.enter("ada") for _ in range(3))
        order = []

        async def wait(name, ticket):
            seen = await positions_of(ticket)
            order.append((name, seen))
            ticket.leave()

        waits = [asyncio.create_task(wait("third", third)), asyncio.create_task(wait("second", second))]
        await asyncio.sleep(0)
        first.leave()
        await asyncio.gather(*waits)
        return order

    assert asyncio.run(act()) == [("second", [1]), ("third", [2])]


def test_a_full_line_refuses_at_once_and_says_when_to_come_again():
    line = places()
    for number in range(4):
        line.enter(f"person {number}")
    with pytest.raises(errors.TooManyRequests) as refused:
        line.enter("one more")
    assert refused.value.retry_after >= 1
    assert (line.running, line.waiting) == (2, 2)


def test_one_person_holds_a_share_only():
    line = places(running=8, running_each=2)
    held = [line.enter("ada") for _ in range(2)]
    with pytest.raises(errors.TooManyRequests):
        line.enter("ada")
    line.enter("ben")
    held[0].leave()
    line.enter("ada")


def test_a_place_given_back_twice_is_one_place():
    line = places(running=1, waiting=5)
    first = line.enter("ada")
    line.enter("ben")
    third = line.enter("cyd")
    first.leave()
    first.leave()
    assert not third.is_admitted
    assert line.running == 1


def test_who_leaves_the_line_holds_up_nobody():
    line = places(running=1)
    first, second, third = (line.enter("ada") for _ in range(3))
    second.leave()
    first.leave()
    assert third.is_admitted


def test_a_wait_that_is_too_long_ends():
    async def act():
        line = places(running=1, wait_s=0.05)
        line.enter("ada")
        late = line.enter("ben")
        with pytest.raises(errors.TooManyRequests):
            await positions_of(late)

    asyncio.run(act())


def test_work_that_never_had_its_turn_is_closed_and_its_place_given_back():
    async def act():
        line = places(running=1, wait_s=0.05)
        line.enter("ada")
        late = line.enter("ben")

        async def work():
            raise AssertionError("it was not its turn")

        with pytest.raises(errors.TooManyRequests):
            await admission.at_once(late, work())
        return line.waiting

    assert asyncio.run(act()) == 0


def test_the_place_in_line_is_told_before_the_answer():
    async def act():
        line = places(running=1)
        first, second = line.enter("ada"), line.enter("ben")

        async def answer():
            yield "the answer"

        told = []
        async with aclosing(admission.in_turn(second, answer())) as events:
            async for happened in events:
                told.append(happened)
                first.leave()
        return told, line.running

    (waiting, answered), running = asyncio.run(act())
    assert (waiting.name, waiting.data.position) == ("waiting", 1)
    assert (answered, running) == ("the answer", 0)
