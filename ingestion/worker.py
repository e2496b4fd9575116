"""The worker: `celery -A ingestion.worker worker`. One document at a time in each child."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from celery.signals import (
    setup_logging,
    task_failure,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
    worker_shutting_down,
)

from ingestion import pulse, tasks, worker_process
from services import errors, telemetry
from services.adapters.job_queue import open_celery
from services.settings import load_settings

log = logging.getLogger(__name__)
CONFIGURATION_ERROR = 78  # sysexits.h: EX_CONFIG
app = open_celery("ingestion", load_settings().queue)
app.set_default()
app.conf.imports = (tasks.__name__,)
_pulse, _pulse_folder = ExitStack(), pulse.folder_in(load_settings().data_dir)


@setup_logging.connect
def log_as_json(**_: Any) -> None:
    telemetry.set_up_logging("worker")


@task_failure.connect
def log_failure(exception: BaseException, **_: Any) -> None:
    """Say which error it was and where, never its message: that may quote a document."""
    log.error("a task failed", exc_info=exception)


@worker_init.connect
def refuse_what_the_lock_does_not_name(**_: Any) -> None:
    """End before the first job where a file or this build is not what the lock names."""
    pulse.say_ready(_pulse_folder, "worker", is_ready=False)  # a mark left by one that was killed
    with _refusing():
        worker_process.require_release(load_settings())


@worker_process_init.connect
def open_after_fork(**_: Any) -> None:
    with _refusing():
        worker_process.open_here()


@contextmanager
def _refusing() -> Iterator[None]:
    """Celery logs a signal's errors and goes on; only an exit ends the process."""
    try:
        yield
    except errors.LockMismatch as error:
        log.critical("the worker does not start", extra={"reason": error.detail})
        raise SystemExit(CONFIGURATION_ERROR) from error


@worker_process_shutdown.connect
def close(**_: Any) -> None:
    worker_process.close_here()


@worker_ready.connect
def say_it_takes_work(**_: Any) -> None:
    _pulse.enter_context(pulse.beating(_pulse_folder, "worker"))
    pulse.say_ready(_pulse_folder, "worker", is_ready=True)


@worker_shutting_down.connect
def say_it_takes_no_more(**_: Any) -> None:
    """What it has begun it still ends; the pulse goes on until the process does."""
    pulse.say_ready(_pulse_folder, "worker", is_ready=False)
