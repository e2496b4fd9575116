"""The planner over REST, on a model that lies in the models folder."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from services.app import create_app
from services.database.session import Transactions, open_engine
from services.engine import model_files
from services.engine.model_store import ModelStore
from services.identity import last_use
from services.settings import Settings
from tests import small_models
from tests.company import Company
from tests.ground import close_ground, open_ground


@pytest.fixture(scope="module")
def client(migrated_sqlite, lock, tmp_path_factory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("engine-routes")
    migrated_sqlite.copy_to(folder)
    settings = Settings(data_dir=folder, secret_key="s" * 32, release={"models": folder / "models"})
    generator = put_model(settings.models_root)
    engine = replace(lock.engine, kv_cache_gib=1)
    served = replace(lock, generator=replace(generator, context_tokens=1024), engine=engine)
    resources = open_ground(settings, Transactions(open_engine(settings)), served)
    company = Company(resources)
    company.person("admin", "everyone", is_admin=True)
    with TestClient(create_app(settings, resources)) as client:
        client.headers.update(company.session("admin"))
        yield client
    last_use.settle()
    close_ground(resources)
    resources.transactions.engine.dispose()


def put_model(models: Path):
    store = ModelStore(models)
    draft = store.draft("tiny")
    small_models.write(draft)
    generator = model_files.describe(draft, repository="acme/tiny", revision="1", license_name="mit")
    store.adopt(draft, generator)
    return generator


def test_a_plan_shows_every_form_and_the_curve(client: TestClient):
    reply = client.post("/api/v1/engine/plans", json={"model": "tiny", "gpu": "L4 24GB", "concurrency": 4})
    planned = reply.json()
    assert planned["plan"]["fits"]
    assert planned["plan"]["weights"] == 256 * 64 * 2
    assert {one["precision"] for one in planned["forms"]} >= {"bf16", "gptq4", "awq4", "fp8"}
    assert planned["suggestions"] == []
    assert len(planned["curve"]) == 42


def test_what_does_not_fit_comes_with_what_does(client: TestClient):
    asked = {"model": "tiny", "gpu": "T4", "precision": "fp16", "context": 10**6, "concurrency": 4096}
    planned = client.post("/api/v1/engine/plans", json=asked).json()
    assert not planned["plan"]["fits"]
    assert planned["suggestions"]


def test_a_form_without_a_kernel_is_shown_as_refused(client: TestClient):
    planned = client.post("/api/v1/engine/plans", json={"gpu": "T4"}).json()
    assert "compute capability" in planned["plan"]["refusal"]
    assert not planned["plan"]["fits"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"gpu": "Voodoo 2"}, 404),
        ({"model": "../../etc"}, 404),
        ({"precision": "int3"}, 400),
        ({"context": 0}, 400),
        ({"unknown": 1}, 400),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(client: TestClient, asked: dict, status: int):
    assert client.post("/api/v1/engine/plans", json=asked).status_code == status


def test_the_served_plan_stands_beside_the_engines_own_figures(client: TestClient):
    """The twin of the engine says 1,600 tokens; the plan for 1 GiB of 256 bytes a token says 4,194,304."""
    shown = client.get("/api/v1/engine/plan").json()
    assert shown["engine_kv_tokens"] == 1600
    assert shown["plan"]["kv_tokens"] == 2**30 // 256
    assert shown["kv_error"] == pytest.approx(2**30 / 256 / 1600 - 1)


def test_what_lies_here_is_listed(client: TestClient):
    (model,) = client.get("/api/v1/engine/models").json()
    assert (model["name"], model["method"], model["bits"]) == ("tiny", "none", 16)


def test_costs_say_whether_one_card_is_enough(client: TestClient):
    asked = {
        "answers_per_month": 10**6,
        "prompt_tokens": 3000,
        "answer_tokens": 300,
        "card_per_hour": 1,
        "tokens_per_s": 10,
        "api_per_million_in": 1,
        "api_per_million_out": 2,
    }
    found = client.post("/api/v1/engine/costs", json=asked).json()
    assert (found["card_per_month"], found["enough"]) == (730, False)
    assert client.post("/api/v1/engine/costs", json=asked | {"tokens_per_s": 0}).status_code == 400
