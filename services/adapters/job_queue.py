"""The job queue: Celery over a Redis-protocol broker, carrying run ids only.

The queue is a nudge; the truth is the run's row in SQL, so a lost message costs time and never work.
"""

from celery import Celery
from kombu.exceptions import OperationalError

from services import errors
from services.settings import Queue

INGEST_TASK = "ingestion.tasks.ingest_document"
REPAIR_TASK = "ingestion.tasks.repair_index"
CLEANUP_TASK = "ingestion.tasks.clean_up"
RECEIPTS_TASK = "ingestion.tasks.write_receipts"
CONNECT_TIMEOUT_S = 2


def open_celery(name: str, settings: Queue) -> Celery:
    """A Celery app for producers and workers alike: JSON only, nothing acknowledged before it is done."""
    app = Celery(name, broker=settings.url, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_default_queue="ingestion",
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": settings.visibility_timeout_s,
            "socket_connect_timeout": CONNECT_TIMEOUT_S,
            "socket_timeout": 10,
            "socket_keepalive": True,
            # A request that nudges must not wait for a broker that is down: upkeep will send it.
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0.2,
        },
    )
    return app


class JobQueue:
    """Sends nudges; errors.QueueUnavailable when the broker does not answer."""

    def __init__(self, settings: Queue) -> None:
        self._celery = open_celery("holdfast", settings)

    def send(self, task: str, run_id: str, *, priority: int = 0) -> None:
        """Nudge a worker to look at this run."""
        try:
            self._celery.send_task(task, args=[run_id], priority=priority, retry=False)
        except OperationalError as error:
            raise errors.QueueUnavailable from error

    def waiting(self) -> int:
        """How many nudges lie in the queue."""
        try:
            with self._celery.connection_for_read() as connection:
                channel = connection.default_channel
                return int(channel.client.llen("ingestion"))
        except (OperationalError, OSError) as error:
            raise errors.QueueUnavailable from error

    def close(self) -> None:
        """Give the broker connections back."""
        self._celery.close()
