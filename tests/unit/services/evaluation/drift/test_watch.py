"""Checks nobody asked for: made once, while the engine is idle, and told apart in the history."""

import asyncio
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from services import errors
from services.answers.admission import Admission
from services.app import create_app
from services.database.tables.audit import AuditEntry
from services.database.tables.runs import Run
from services.evaluation.drift.watch import KIND, Watch
from services.settings import Answers, Drift, Settings
from tests.company import Company
from tests.parts import SqliteTemplate
from tests.travel import PIECES, QUESTION, TEXTS


@pytest.fixture
def settings(migrated_sqlite: SqliteTemplate, tmp_path) -> Settings:
    migrated_sqlite.copy_to(tmp_path)
    drift = Drift(stop_answering=True, on_start=True, every_hours=1000)
    return Settings(data_dir=tmp_path, secret_key="s" * 32, drift=drift)


@pytest.fixture
def company(resources) -> Company:
    company = Company(resources)
    company.person("ada", "travellers")
    company.person("admin", "everyone", is_admin=True)
    company.add("travel", "travel-policy.txt", TEXTS, "travellers")
    resources.model.pieces = PIECES
    return company


@pytest.fixture
def client(settings, resources, company):
    with TestClient(create_app(settings, resources)) as client:
        client.headers = company.session("admin")
        yield client


def watch(resources, admission: Admission | None = None) -> Watch:
    """As an api that has just started."""
    return Watch(admission or Admission(Answers()), resources)


def look(one: Watch) -> None:
    assert asyncio.run(one.work_once()) is False


def history(client) -> list[tuple[str, str]]:
    items = client.get("/api/v1/drift/checks").json()["items"]
    return [(one["begun_by"], one["state"]) for one in items]


def state(client) -> dict[str, object]:
    return client.get("/api/v1/drift/state").json()


def test_start_is_followed_by_one_check(client, resources):
    client.post("/api/v1/drift/records")
    started = watch(resources)
    assert state(client)["newest"] is None
    look(started)
    look(started)
    assert history(client) == [("on-start", "exact")]
    found = state(client)
    assert (found["is_checking"], found["is_answering"], found["newest"]["state"]) == (False, True, "exact")


def test_of_two_apis_one_checks(client, resources):
    client.post("/api/v1/drift/records")
    both = [watch(resources), watch(resources)]
    for one in both:
        look(one)
    assert history(client) == [("on-start", "exact")]


def test_check_on_demand_is_told_apart_and_spares_the_one_on_start(client, resources):
    client.post("/api/v1/drift/records")
    started = watch(resources)
    client.post("/api/v1/drift/checks")
    look(started)
    assert history(client) == [("on-demand", "exact")]


def test_nothing_is_checked_before_something_was_recorded(client, resources):
    look(watch(resources))
    assert history(client) == []
    assert state(client)["next_at"] is None


def test_check_waits_while_somebody_is_answered(client, resources):
    client.post("/api/v1/drift/records")
    admission = Admission(Answers())
    started, ticket = watch(resources, admission), admission.enter("ada")
    look(started)
    assert history(client) == []
    ticket.leave()
    look(started)
    assert history(client) == [("on-start", "exact")]


def test_check_waits_while_the_engine_is_asked_by_others(client, resources, monkeypatch):
    client.post("/api/v1/drift/records")
    running = ["1.0"]

    async def metrics() -> str:
        return f'vllm:num_requests_running{{engine="0",model_name="m"}} {running[0]}\n'

    monkeypatch.setattr(resources.model, "metrics", metrics, raising=False)
    started = watch(resources)
    look(started)
    assert history(client) == []
    running[0] = "0.0"
    look(started)
    assert history(client) == [("on-start", "exact")]


def test_drift_found_on_start_stops_answering(client, company, resources):
    client.post("/api/v1/drift/records")
    resources.model.pieces = [*PIECES, " More."]
    look(watch(resources))
    assert history(client) == [("on-start", "drifted")]
    asked = client.post("/api/v1/answers", json={"question": QUESTION}, headers=company.key("ada", "ask"))
    assert (asked.status_code, asked.json()["code"]) == (503, "release_drifted")
    assert state(client)["is_answering"] is False


def test_other_release_without_recording_of_its_own_is_not_checked(client, resources, lock):
    client.post("/api/v1/drift/records")
    other = replace(lock, generator=replace(lock.generator, revision="2"))
    look(watch(replace(resources, lock=other)))
    assert history(client) == []


def test_failed_check_is_not_tried_at_once_again(client, resources, monkeypatch):
    client.post("/api/v1/drift/records")
    asked = []

    async def fail(*_given: object) -> None:
        asked.append(1)
        raise errors.EngineUnavailable

    monkeypatch.setattr(resources.model, "draw", fail)
    started = watch(resources)
    look(started)
    look(started)
    assert (history(client), asked) == ([], [1])
    with resources.transactions.read() as session:
        assert [run.state for run in session.query(Run).filter_by(kind=KIND)] == ["failed"]


def test_nobody_is_named_in_the_trail_for_it(client, resources):
    client.post("/api/v1/drift/records")
    look(watch(resources))
    with resources.transactions.read() as session:
        entries = session.query(AuditEntry).filter_by(action="drift.check").all()
    assert [(entry.actor, entry.detail["begun_by"]) for entry in entries] == [("", "on-start")]
