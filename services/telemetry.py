"""Logs as JSON lines with the request or run they belong to, and never a document's or question's text."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str] = ContextVar("request_id", default="")
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One object a line: time, level, process, logger, message, and what the call gave as `extra`."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            line["request"] = current
        line.update({key: value for key, value in vars(record).items() if key not in STANDARD})
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["at"] = _frames(record)
        return json.dumps(line, default=str, ensure_ascii=False)


def _frames(record: logging.LogRecord) -> list[str]:
    """Where the error came from. Its message is left out: it may quote a document or a question."""
    trace = record.exc_info[2] if record.exc_info else None
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-12:]


def set_up_logging(process: str, level: int = logging.INFO) -> None:
    """Send this process's logs to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Its own handlers would print an error's message, which may quote a question.
    for server in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(server).handlers.clear()
        # An access line holds the query string, which may name what somebody looks for.
        logging.getLogger(server).propagate = server != "uvicorn.access"
    # They log addresses with query strings and request bodies at these levels.
    # It logs a failed task with the error's message and traceback; the worker logs the failure itself.
    logging.getLogger("celery.app.trace").setLevel(logging.CRITICAL)
    for chatty in ("httpx", "httpcore", "openai", "chromadb", "kombu", "amqp", "mcp"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
