"""Quantizing as a run: asked for over REST, followed, cancelled, gone on with; a stand-in does the work."""

import asyncio
import json
import os
import sys
import threading
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from services.app import create_app
from services.database.tables.audit import AuditEntry
from services.database.tables.identity import Person
from services.engine import model_files, quantize_work, quantizing
from services.engine.model_store import ModelStore
from services.settings import Settings
from tests import small_models
from tests.company import Company
from tests.parts import SqliteTemplate, wait_until

ROOT = Path(__file__).parents[4]
PARAGRAPH = "Clause {0} of the travel policy says what is paid and by whom, at length. " * 60
TEXTS = ["\n\n".join(PARAGRAPH.format(number) for number in range(6))]
ORDER = {"model": "m", "method": "rtn", "group_size": 64, "samples": 4, "sample_tokens": 64}


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The stand-in, as an interpreter of its own folder."""
    folder = tmp_path / "quantizer"
    folder.mkdir()
    script = folder / "python"
    text = (ROOT / "tests" / "fake_quantizer.py").read_text(encoding="utf-8")
    script.write_text(text.replace("#!PYTHON", f"#!{sys.executable}", 1), encoding="utf-8")
    script.chmod(0o755)
    return script


@pytest.fixture
def settings(migrated_sqlite: SqliteTemplate, tmp_path: Path, python: Path) -> Settings:
    migrated_sqlite.copy_to(tmp_path)
    release = {"models": tmp_path / "models", "quantize_python": python}
    return Settings(data_dir=tmp_path, secret_key="s" * 32, release=release)


@pytest.fixture
def store(settings: Settings) -> ModelStore:
    store = ModelStore(settings.models_root)
    draft = small_models.write(store.draft("m"))
    tensors = {"model.layers.0.mlp.up_proj.weight": ("BF16", [64, 64])}
    (draft / "model.safetensors").write_bytes(small_models.safetensors(tensors))
    generator = model_files.describe(draft, repository="acme/m", revision="1", license_name="mit")
    store.adopt(draft, generator)
    return store


@pytest.fixture
def company(resources) -> Company:
    company = Company(resources)
    company.person("ada", "travellers", is_admin=True)
    company.person("admin", "everyone", is_admin=True)
    company.add("travel", "travel-policy.txt", TEXTS, "travellers")
    return company


@pytest.fixture
def client(settings, resources, company, store):
    with TestClient(create_app(settings, resources)) as client:
        client.headers = company.session("ada")
        yield client


def asked(client, **other: object) -> dict[str, object]:
    reply = client.post("/api/v1/engine/quantizations", json=ORDER | other)
    assert reply.status_code == 202, reply.text
    return reply.json()


def shown(client, found: dict[str, object]) -> dict[str, object]:
    return client.get(f"/api/v1/engine/quantizations/{found['id']}").json()


def work(resources) -> bool:
    return asyncio.run(quantize_work.work_once(resources))


def nothing_looks_finished(store: ModelStore) -> bool:
    rows = [*store.root.glob("quantizing-*/*.jsonl"), *store.root.glob("quantizing-*/output")]
    return rows == [] and [one.quantization.bits for one in store.generators()] == [16]


@pytest.fixture
def working(resources, python, client):
    """The run is held in the middle by the stand-in; yields the thread that works on it."""
    (python.parent / "hold").touch()
    found = asked(client)
    thread = threading.Thread(target=work, args=(resources,))
    thread.start()
    wait_until(lambda: shown(client, found)["stage"] == "calibration", "it calibrates")
    yield found
    (python.parent / "hold").unlink(missing_ok=True)
    thread.join(120)
    assert not thread.is_alive()


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_what_was_asked_for_becomes_a_model_with_its_report(client, resources, store):
    found = asked(client)
    assert (found["state"], found["calibrated_on"]) == ("waiting", "shipped texts")
    assert work(resources)
    assert not work(resources)
    done = shown(client, found)
    assert (done["state"], done["error_code"]) == ("done", "")
    assert store.generator(done["folder"]).quantization.method == "rtn"
    page = client.get(f"/api/v1/engine/reports/{done['folder']}/page")
    assert "Quantization report" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert not list(store.root.glob("quantizing-*"))


def test_progress_is_shown_and_cancelling_ends_the_child(client, python, store, working):
    process = int((python.parent / "pid").read_text())
    held = shown(client, working)
    assert (held["state"], held["done"], held["total"]) == ("running", 1, 2)
    reply = client.post(f"/api/v1/engine/quantizations/{working['id']}/cancel")
    assert reply.json()["state"] == "cancelled"
    wait_until(lambda: not is_alive(process), "the child is ended")
    wait_until(lambda: nothing_looks_finished(store), "its texts are gone")
    assert client.post(f"/api/v1/engine/quantizations/{working['id']}/cancel").status_code == 409


def test_an_api_that_stops_lets_another_go_on(client, resources, python, store):
    (python.parent / "hold").touch()
    found = asked(client)

    async def stop_in_the_middle() -> None:
        task = asyncio.create_task(quantize_work.work_once(resources))
        await asyncio.to_thread(
            wait_until, lambda: shown(client, found)["stage"] == "calibration", "it calibrates"
        )
        task.cancel()
        await asyncio.wait({task})

    asyncio.run(stop_in_the_middle())
    assert shown(client, found)["state"] == "waiting"
    assert nothing_looks_finished(store)
    (python.parent / "hold").unlink()
    wait_until(lambda: work(resources), "its turn comes again")
    assert shown(client, found)["state"] == "done"


def test_the_same_order_is_not_made_twice(client, resources, python):
    first, second = asked(client), asked(client)
    while work(resources):
        pass
    assert shown(client, first)["folder"] == shown(client, second)["folder"]
    calls = [json.loads(line)["text"] for line in (python.parent / "calls").read_text().splitlines()]
    assert len(calls) == len(set(calls))


def test_it_is_calibrated_on_what_the_asker_may_read(client, resources, python):
    asked(client, collection="travel")
    assert work(resources)
    calls = [json.loads(line)["text"] for line in (python.parent / "calls").read_text().splitlines()]
    assert calls
    assert all("of the travel policy" in text for text in calls)


def test_a_collection_of_others_is_not_there(client, company):
    client.headers = company.session("admin")
    reply = client.post("/api/v1/engine/quantizations", json=ORDER | {"collection": "travel"})
    assert reply.status_code == 404


def test_who_lost_the_office_meanwhile_reads_nothing(client, resources, company, python):
    found = asked(client, collection="travel")
    with resources.transactions.write() as session:
        session.execute(update(Person).where(Person.login == "ada").values(is_admin=False))
    assert work(resources)
    client.headers = company.session("admin")
    assert shown(client, found)["state"] == "failed"
    assert not (python.parent / "calls").exists()


def test_a_child_that_fails_says_why(client, resources, python, store):
    (python.parent / "fail").touch()
    found = asked(client)
    assert work(resources)
    told = shown(client, found)
    assert told["state"] == "failed"
    assert "the calibration is broken" in told["error_reason"]
    assert nothing_looks_finished(store)


@pytest.mark.parametrize("order", [{"model": "other"}, {"activation_bits": 8}, {"bits": 3}, {"x": 1}])
def test_orders_that_nothing_serves_are_refused(client, order):
    assert client.post("/api/v1/engine/quantizations", json=ORDER | order).status_code in (400, 404, 422)


def test_texts_of_a_killed_process_are_removed_and_those_in_work_stay(store, tmp_path):
    left, worked_on = store.root / "quantizing-a", store.root / "quantizing-b"
    for folder in (left, worked_on):
        folder.mkdir()
        (folder / "calibration.jsonl").write_text("{}")
    with quantizing.held(worked_on):
        quantizing.forget_abandoned(store)
    assert not (left / "calibration.jsonl").exists()
    assert (worked_on / "calibration.jsonl").exists()


def test_asking_and_cancelling_are_audited(client, resources):
    found = asked(client)
    client.post(f"/api/v1/engine/quantizations/{found['id']}/cancel")
    with resources.transactions.read() as session:
        actions = session.scalars(
            select(AuditEntry.action).where(AuditEntry.subject == found["id"]).order_by(AuditEntry.id)
        ).all()
    assert sorted(actions) == ["model.quantize", "model.quantize_cancel"]
    assert not work(resources)
