"""What the queue can ask of a worker; each task is a few lines over the pipeline."""

from celery import shared_task

from ingestion import cleaning, index_repair, pipeline, receipts, syncing, worker_process


@shared_task(name="ingestion.tasks.ingest_document")
def ingest_document(run_id: str) -> None:  # noqa: ARG001  (a nudge names a run, but means: there is work)
    pipeline.ingest_next(worker_process.name(), worker_process.resources())


@shared_task(name="ingestion.tasks.repair_index")
def repair_index(run_id: str) -> None:
    index_repair.repair(run_id, worker_process.name(), worker_process.resources())


@shared_task(name="ingestion.tasks.sync_source")
def sync_source(run_id: str) -> None:
    syncing.sync(run_id, worker_process.name(), worker_process.resources())


@shared_task(name="ingestion.tasks.clean_up")
def clean_up(run_id: str) -> None:
    cleaning.clean_up(run_id, worker_process.name(), worker_process.resources())


@shared_task(name="ingestion.tasks.write_receipts")
def write_receipts(run_id: str) -> None:
    receipts.write_receipts(run_id, worker_process.name(), worker_process.resources())
