"""One suite for the queue and its twin: a nudge is taken once, and a broker that is down says so."""

import pytest
from redis.exceptions import RedisError

from services import errors
from services.adapters.job_queue import INGEST_TASK, JobQueue, open_celery
from services.settings import Queue
from tests.chroma_server import free_port
from tests.fakes_ground import FakeJobQueue


@pytest.fixture
def real_queue(redis):
    redis.flush()
    queue = JobQueue(Queue(url=redis.url))
    yield queue
    queue.close()


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.real)])
def queue(request):
    return FakeJobQueue() if request.param == "fake" else request.getfixturevalue("real_queue")


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.real)])
def queue_that_is_down(request):
    if request.param == "fake":
        yield FakeJobQueue(is_down=True)
        return
    queue = JobQueue(Queue(url=f"redis://127.0.0.1:{free_port()}/0"))
    yield queue
    queue.close()


def test_an_empty_queue_holds_nothing(queue):
    assert queue.waiting() == 0


def test_every_nudge_lies_in_the_queue(queue):
    queue.send(INGEST_TASK, "r1")
    queue.send(INGEST_TASK, "r2")
    assert queue.waiting() == 2


def test_sending_to_a_broker_that_is_down_says_so(queue_that_is_down):
    with pytest.raises(errors.QueueUnavailable):
        queue_that_is_down.send(INGEST_TASK, "r1")


def test_counting_at_a_broker_that_is_down_says_so(queue_that_is_down):
    with pytest.raises(errors.QueueUnavailable):
        queue_that_is_down.waiting()


@pytest.mark.real
def test_a_nudge_arrives_after_the_broker_lost_everything(redis, real_queue):
    real_queue.send(INGEST_TASK, "r1")
    redis.flush()
    real_queue.send(INGEST_TASK, "r2")
    assert real_queue.waiting() == 1


@pytest.mark.real
def test_a_nudge_arrives_after_the_broker_was_killed(redis, real_queue):
    real_queue.send(INGEST_TASK, "r1")
    redis.kill()
    with pytest.raises((errors.QueueUnavailable, RedisError)) as refused:
        real_queue.send(INGEST_TASK, "r2")
    redis.start()
    assert isinstance(refused.value, errors.QueueUnavailable)
    real_queue.send(INGEST_TASK, "r3")
    assert real_queue.waiting() == 1


@pytest.mark.real
def test_only_ids_travel_and_only_as_json(redis, real_queue):
    real_queue.send(INGEST_TASK, "r1")
    with redis.client() as client:
        message = client.lindex("ingestion", 0).decode()
    assert '"content-type": "application/json"' in message


def test_nothing_is_acknowledged_before_it_is_done():
    with open_celery("test", Queue()) as app:
        assert app.conf.task_acks_late
        assert app.conf.task_reject_on_worker_lost
        assert app.conf.accept_content == ["json"]
