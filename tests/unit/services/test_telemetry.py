import json
import logging

import pytest

from services import telemetry
from services.telemetry import JsonLines


@pytest.fixture
def lines(caplog):
    """The record of what `act` logs, formatted as the api process would."""

    def written(act):
        with caplog.at_level(logging.INFO):
            act(logging.getLogger("services.test"))
        return json.loads(JsonLines("api").format(caplog.records[-1]))

    return written


def test_a_line_names_process_logger_level_and_time(lines):
    line = lines(lambda log: log.info("ready"))
    assert (line["process"], line["logger"], line["level"], line["message"]) == (
        "api",
        "services.test",
        "info",
        "ready",
    )
    assert line["time"].endswith("+00:00")


def test_what_is_given_as_extra_becomes_a_field(lines):
    assert lines(lambda log: log.info("done", extra={"run": "r1"}))["run"] == "r1"


def test_the_request_is_named_while_there_is_one(lines):
    token = telemetry.request_id.set("q1")
    assert lines(lambda log: log.info("asked"))["request"] == "q1"
    telemetry.request_id.reset(token)
    assert "request" not in lines(lambda log: log.info("idle"))


def test_an_error_is_named_without_its_message(lines):
    def fail(log):
        try:
            int("the salary of Ada")
        except ValueError:
            log.exception("reading failed")

    line = lines(fail)
    assert line["error"] == "ValueError"
    assert line["at"][-1].endswith(" fail")
    assert "salary" not in json.dumps(line)


def test_a_line_break_in_a_message_stays_inside_its_line(caplog):
    record = logging.makeLogRecord({"msg": "one\ntwo"})
    assert "\n" not in JsonLines("api").format(record)


def test_libraries_that_log_requests_are_quietened():
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    level = root.level
    telemetry.set_up_logging("api")
    assert logging.getLogger("httpx").level == logging.WARNING
    root.handlers[:] = before
    root.setLevel(level)


def test_addresses_with_what_people_look_for_are_not_logged(capsys, monkeypatch):
    for name in ("", "uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "handlers", [])
        monkeypatch.setattr(logger, "propagate", True)
    telemetry.set_up_logging("api")
    logging.getLogger("uvicorn.access").info("GET /api/v1/documents?collection=secret")
    logging.getLogger("uvicorn.error").info("started")
    logged = capsys.readouterr().err
    assert "started" in logged
    assert "secret" not in logged
