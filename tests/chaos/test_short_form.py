"""The short form of `make chaos`: one round of what loses most, with the seed that the log names."""

import json
import random

import pytest

from tests.chaos import database, rounds
from tests.chaos.journal import Journal
from tests.chaos.rounds import Outcome
from tests.chaos.verdict import compare
from tests.chaos.world import World
from tests.parts import wait_until
from tests.stack import running_stack

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
SEED = random.SystemRandom().randrange(10**6)
SAYS = json.dumps(["The front desk keeps it. ", "It writes down who asked."])
SHORT = ("worker", "postgres", "chroma wiped", "api", "repeated messages", "engine gone")


@pytest.fixture(scope="module")
def world(tmp_path_factory, lock, models):
    folder = tmp_path_factory.mktemp("chaos")
    with (
        database.running("postgres", folder) as sql,
        running_stack(folder, lock, models, SAYS, database_url=sql.url, more=rounds.PATIENCE) as stack,
    ):
        yield World(stack, sql)


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    journal = Journal(tmp_path_factory.mktemp("journal") / "journal.jsonl")
    yield journal
    journal.close()


@pytest.mark.parametrize("fault", SHORT)
def test_nothing_is_lost_there_twice_or_stale(world, journal, fault):
    outcome = Outcome(fault)
    chance = random.Random(f"{SEED} {fault}")  # noqa: S311  (repeatable on purpose)
    rounds.play(fault, world, journal, chance, outcome)
    verdict = outcome.verdict
    assert (verdict.lost, verdict.duplicated, verdict.stale) == ([], [], []), f"seed {SEED}"
    assert outcome.wrong_endings == 0, f"seed {SEED}"


def test_a_loss_a_double_and_a_stale_text_are_noticed(world, journal):
    """The comparison itself: the journal is told what the system was not."""
    reply = {"job": {"id": "j"}, "document": {"id": "d"}}
    journal.uploaded("never-sent.txt", "qzneversent", reply)
    assert compare(world.stack, journal, {"never-sent.txt"}).lost
    del journal.held["never-sent.txt"]
    sent = next(held for held in journal.living())
    journal.removed(sent.name)
    assert compare(world.stack, journal, {sent.name}).stale
    wait_until(lambda: notices_a_loss(world, journal), "a chunk taken out is missed")


def notices_a_loss(world, journal) -> bool:
    """Unless upkeep was faster, which puts back what is taken out."""
    world.stack.index.delete(world.stack.visible_chunks()[:1])
    return bool(compare(world.stack, journal, set()).lost)
