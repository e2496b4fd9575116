"""Kill -9 of each part while it is needed: nothing is lost, nothing is there twice, and errors are clear."""

import json

import psutil
import pytest

from tests.stack import running_stack

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
PORTER = "The porter of the Millgate office is Quentin Marlow."
PARAGRAPH = (
    "Room {n} of the Millgate office seats {n} people and its booking code is code {n}. It has a screen, "
    "a whiteboard and a telephone. Whoever books it for longer than {n} hours asks the porter beforehand, "
    "who keeps the key of the room at the front desk and writes down when it was handed out and returned."
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory, lock, models, migrated_sqlite):
    folder = tmp_path_factory.mktemp("stack")
    migrated_sqlite.copy_to(folder)
    says = json.dumps([PORTER + " ", "He keeps the keys."])
    with running_stack(folder, lock, models, says) as stack:
        ended = stack.until_ended(stack.upload("porter.txt", PORTER))
        assert ended.state == "done", ended.error_reason
        yield stack


@pytest.fixture(autouse=True)
def nothing_is_lost_and_nothing_is_there_twice(stack):
    """After every test: the ids in Chroma are, each once, those of the visible chunks in SQL."""
    stack.until_ready()
    yield
    stack.until_ready()
    wanted = stack.visible_chunks()
    assert wanted
    assert sorted(stack.index.all_ids()) == wanted


@pytest.fixture
def manual(request):
    """A name and a text of some seconds' work, different in each test."""
    name = f"{request.node.name}.txt"
    return name, "\n\n".join([name, *(PARAGRAPH.format(n=number) for number in range(1, 121))])


@pytest.fixture
def struck(stack, manual):
    """Hands the text in, does `strike` to its run, and gives the run as it ended.

    A text that was read before it could be struck proves nothing: then another one is struck.
    """

    def hand_in(strike):
        name, text = manual
        for number in range(1, 5):
            job_id = stack.upload(f"{number}-{name}", f"{text}\n\nCopy {number}.")
            strike(job_id)
            run = stack.until_ended(job_id)
            if (run.state, run.attempts) != ("done", 1):
                return run
        raise AssertionError("each text was read before it could be struck")

    return hand_in


def is_visible(stack, job_id):
    document_id = stack.client.get(f"/api/v1/jobs/{job_id}").json()["document_id"]
    document = stack.client.get(f"/api/v1/documents/{document_id}").json()
    return document["state"] == "visible" and document["version"]["chunks"] > 20


def test_a_killed_worker(stack, struck):
    def strike(job_id):
        stack.until_stage_or_end(job_id, "embed")
        stack.kill("worker")

    run = struck(strike)
    assert run.state == "done"
    assert stack.deaths("worker") >= 1
    assert is_visible(stack, run.id)


def test_a_killed_child_of_the_worker(stack, struck):
    killed = []

    def strike(job_id):
        child = psutil.Process(int(stack.until_stage_or_end(job_id, "embed").worker.rpartition(":")[2]))
        killed.append(child.pid)
        child.kill()

    run = struck(strike)
    assert run.state == "done"
    assert int(run.worker.rpartition(":")[2]) not in killed
    assert is_visible(stack, run.id)


def test_a_killed_parser_is_a_clear_error_and_the_job_can_be_tried_again(stack, struck):
    def strike(job_id):
        found = stack.until(lambda: parser_of(stack) or has_ended(stack, job_id), "the parser starts")
        if isinstance(found, psutil.Process):
            found.kill()

    run = struck(strike)
    assert (run.state, run.error_code) == ("failed", "limit")
    assert run.error_reason
    assert stack.client.post(f"/api/v1/jobs/{run.id}/retry").status_code == 202
    assert stack.until_ended(run.id).state == "done"
    assert is_visible(stack, run.id)


def has_ended(stack, job_id):
    return stack.run(job_id).finished_at is not None


def parser_of(stack):
    for process in stack.process("worker").children(recursive=True):
        try:
            if any(part.endswith("reading/child.py") for part in process.cmdline()):
                return process
        except psutil.NoSuchProcess:
            continue
    return None


def test_a_broker_that_forgot_everything(stack, manual):
    first = stack.upload(*manual)
    stack.until_stage_or_end(first, "embed")
    waiting = stack.upload("after.txt", "This text waits in the queue.")
    stack.flush_broker()
    later = stack.upload("later.txt", "This text came after the broker had forgotten everything.")
    assert [stack.until_ended(job_id).state for job_id in (first, waiting, later)] == ["done"] * 3


def test_a_killed_broker(stack, manual):
    first = stack.upload(*manual)
    stack.until_stage_or_end(first, "embed")
    stack.kill("redis")
    meanwhile = stack.upload("meanwhile.txt", "This text came while there was no broker.")
    assert [stack.until_ended(job_id).state for job_id in (first, meanwhile)] == ["done"] * 2
    assert is_visible(stack, first)


def test_a_killed_chunk_index(stack, manual):
    job_id = stack.upload(*manual)
    stack.until_stage_or_end(job_id, "embed")
    stack.kill("chroma")
    assert stack.until_ended(job_id).state == "done"
    assert is_visible(stack, job_id)


def test_a_killed_engine_breaks_the_answer_off_with_a_clear_error(stack):
    stack.hold.touch()
    question = {"question": "Who is the porter of the Millgate office?", "policy": "off"}
    headers = {"Accept": "text/event-stream"}
    with stack.client.stream("POST", "/api/v1/answers", json=question, headers=headers) as reply:
        told = events(reply)
        assert next(name for name, _data in told if name in ("token", "failed", "answer")) == "token"
        stack.process("engine").kill()
        name, problem = list(told)[-1]
    stack.hold.unlink()
    assert (name, problem["code"]) == ("failed", "engine_unavailable")
    kept = stack.client.get(f"/api/v1/answers/{problem['answer_id']}").json()
    assert kept["state"] == "failed"
    stack.until(lambda: stack.deaths("engine"), "the engine is started again")
    stack.until_ready()
    answer = stack.client.post("/api/v1/answers", json=question | {"policy": "strict"}).json()
    assert answer["state"] == "done"
    assert answer["sentences"][0]["text"] == PORTER
    assert answer["citations"][0]["quote"] == PORTER


def events(reply):
    name = ""
    for line in reply.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))
