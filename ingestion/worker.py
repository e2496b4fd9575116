"""The worker: `celery -A ingestion.worker worker`. One document at a time in each child."""

import logging
from typing import Any

from celery.signals import setup_logging, task_failure, worker_process_init, worker_process_shutdown

from ingestion import tasks, worker_process
from services import telemetry
from services.adapters.job_queue import open_celery
from services.settings import load_settings

log = logging.getLogger(__name__)
app = open_celery("ingestion", load_settings().queue)
app.set_default()
app.conf.imports = (tasks.__name__,)


@setup_logging.connect
def log_as_json(**_: Any) -> None:
    telemetry.set_up_logging("worker")


@task_failure.connect
def log_failure(exception: BaseException, **_: Any) -> None:
    """Say which error it was and where, never its message: that may quote a document."""
    log.error("a task failed", exc_info=exception)


@worker_process_init.connect
def open_after_fork(**_: Any) -> None:
    worker_process.open_here()


@worker_process_shutdown.connect
def close(**_: Any) -> None:
    worker_process.close_here()
