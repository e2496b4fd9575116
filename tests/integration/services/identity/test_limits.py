"""Limits: counted in a real Redis, refused as each door says it, given back, and shown to whom they bind."""

import pytest
from fastapi.testclient import TestClient

from services.adapters import windows as windows_of
from services.adapters.windows import Window, Windows
from services.app import create_app
from services.database.session import Transactions, open_engine
from services.identity import last_use, limits
from services.settings import Bounds, Limits, Settings
from tests.chroma_server import free_port
from tests.company import Company
from tests.ground import close_ground, open_ground

SESSION, ADDRESS = "/api/v1/session", "/api/v1/limits"
QUESTION = {"question": "What does the quokka cost in euros?"}
pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def ground(migrated_sqlite, lock, tmp_path_factory):
    folder = tmp_path_factory.mktemp("limits")
    migrated_sqlite.copy_to(folder)
    settings = Settings(data_dir=folder, secret_key="s" * 32)
    resources = open_ground(settings, Transactions(open_engine(settings)), lock)
    resources.model.pieces = ["The quokka costs 12 euros."]
    company = Company(resources)
    company.person("ada", "everyone", "readers")
    company.person("ben", "everyone", "readers")
    company.person("cyd", "everyone")
    company.add("ledger", "costs.txt", ["The quokka costs 12 euros."], "readers")
    yield company
    last_use.settle()
    close_ground(resources)
    resources.transactions.engine.dispose()


@pytest.fixture
def bound(ground, redis, monkeypatch):
    """A client of an application with these limits, and a Redis that counted nothing yet."""
    opened = []
    for name in ("TIMEOUT_S", "CONNECT_TIMEOUT_S"):
        monkeypatch.setattr(windows_of, name, 60.0)  # a busy machine may need longer than requests wait

    def with_limits(url=redis.url, **given):
        queue = {"url": url}
        settings = ground.resources.settings.model_copy(update={"limits": Limits(**given)})
        windows = Windows(settings.queue.model_copy(update=queue))
        made = {name: getattr(ground.resources, name) for name in ground.resources.__slots__}
        resources = type(ground.resources)(**(made | {"settings": settings, "windows": windows}))
        client = TestClient(create_app(settings, resources))
        opened.append((client, windows))
        client.__enter__()
        return client

    redis.flush()
    yield with_limits
    for client, windows in opened:
        client.__exit__()
        windows.close()


def uses(client, headers):
    return client.get(ADDRESS, headers=headers).json()["items"]


def test_without_bounds_nothing_is_counted(bound, ground, redis):
    client = bound()
    assert uses(client, ground.session("ada")) == []
    with redis.client() as counted:
        assert counted.keys("holdfast-limits*") == []


def test_a_person_is_refused_and_told_when_to_come_again(bound, ground):
    client = bound(person=Bounds(requests_per_minute=3))
    ada = ground.session("ada")
    assert [client.get(SESSION, headers=ada).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = client.get(SESSION, headers=ada)
    assert refused.json()["code"] == "too_many_requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert client.get(SESSION, headers=ground.session("ben")).status_code == 200


def test_two_keys_of_one_person_are_counted_apart_and_the_person_together(bound, ground):
    client = bound(key=Bounds(requests_per_minute=2), person=Bounds(requests_per_minute=3))
    first, second = ground.key("ada", "ask"), ground.key("ada", "ask")
    assert [client.get(SESSION, headers=first).status_code for _ in range(3)] == [200, 200, 429]
    # The refused one counts nowhere: the person has one left.
    assert [client.get(SESSION, headers=second).status_code for _ in range(2)] == [200, 429]


def test_the_openai_door_refuses_in_its_own_words(bound, ground):
    client = bound(key=Bounds(requests_per_minute=1))
    key = ground.key("ada", "ask")
    client.get("/v1/models", headers=key)
    refused = client.get("/v1/models", headers=key)
    assert refused.status_code == 429
    assert "retry-after" in refused.headers
    assert refused.json()["error"]["code"] == "too_many_requests"


def test_a_group_is_bounded_together_and_one_by_name_otherwise(bound, ground):
    client = bound(group=Bounds(requests_per_minute=2))
    assert client.get(SESSION, headers=ground.session("ada")).status_code == 200
    assert client.get(SESSION, headers=ground.session("ben")).status_code == 200
    assert client.get(SESSION, headers=ground.session("ada")).status_code == 429
    # Nobody said anything of everyone together.
    assert {client.get(SESSION, headers=ground.session("cyd")).status_code for _ in range(4)} == {200}
    client = bound(group=Bounds(requests_per_minute=2), groups={"readers": Bounds(requests_per_minute=5)})
    (use,) = uses(client, ground.session("ada"))
    assert (use["who"], use["group"], use["limit"], use["remaining"]) == ("group", "readers", 5, 4)


def test_uploads_are_bounded_on_their_own(bound, ground):
    client = bound(person=Bounds(uploads_per_hour=1))
    ada = ground.session("ada")
    sent = [client.post("/api/v1/documents", headers=ada, content=b"").status_code for _ in range(2)]
    assert sent == [400, 429]
    assert client.get(SESSION, headers=ada).status_code == 200


def test_tokens_are_counted_when_an_answer_is_done(bound, ground):
    client = bound(person=Bounds(tokens_per_hour=100))
    ada = ground.session("ada")
    assert client.post("/api/v1/answers", json=QUESTION, headers=ada).status_code == 200
    refused = client.post("/api/v1/answers", json=QUESTION, headers=ada)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 3000
    (use,) = uses(client, ada)
    assert (use["what"], use["remaining"]) == ("tokens", 0)
    assert client.post("/api/v1/search", json=QUESTION, headers=ada).status_code == 200


def test_a_replay_is_counted_as_a_question(bound, ground):
    client = bound(person=Bounds(tokens_per_hour=100))
    ada = ground.session("ada")
    given = client.post("/api/v1/answers", json=QUESTION, headers=ada).json()
    assert client.post(f"/api/v1/answers/{given['id']}/replay", headers=ada).status_code == 429


def test_places_for_streams_come_back_however_an_answer_ends(bound, ground):
    client = bound(person=Bounds(streams=1))
    ada, stream = ground.session("ada"), {"Accept": "text/event-stream"}
    for headers in (ada, ada | stream, ada | stream):
        assert client.post("/api/v1/answers", json=QUESTION, headers=headers).status_code == 200
    assert client.post("/api/v1/answers", json={}, headers=ada).status_code == 400
    (use,) = uses(client, ada)
    assert (use["what"], use["remaining"]) == ("streams", 1)


def test_a_place_that_is_held_is_not_given_again(bound, ground, redis):
    client = bound(person=Bounds(streams=1))
    windows = Windows(ground.resources.settings.queue.model_copy(update={"url": redis.url}))
    name = f"streams:person:{ground.people['ada']}"
    holder = windows.hold(name, 1, 600.0)
    refused = client.post("/api/v1/answers", json=QUESTION, headers=ground.session("ada"))
    assert (refused.status_code, "retry-after" in refused.headers) == (429, True)
    windows.release(name, holder)
    assert client.post("/api/v1/answers", json=QUESTION, headers=ground.session("ada")).status_code == 200
    windows.close()


def test_a_place_whose_holder_died_is_free_when_its_time_is_over(redis):
    windows = Windows(Settings(queue={"url": redis.url}).queue)
    assert windows.hold("died", 1, -1.0)
    assert windows.hold("died", 1, 600.0)
    assert windows.hold("died", 1, 600.0) is None
    windows.close()


def test_more_than_is_left_fills_the_window(redis):
    windows = Windows(Settings(queue={"url": redis.url}).queue)
    window = Window("spent", 10, 3600)
    windows.spend(window, 7)
    windows.spend(window, 50_000)
    assert windows.left(window).remaining == 0
    windows.close()


@pytest.mark.parametrize(("choice", "status"), [("allow", 200), ("refuse", 503)])
def test_without_redis_it_is_as_the_settings_say(bound, ground, choice, status):
    away = f"redis://127.0.0.1:{free_port()}/0"
    client = bound(url=away, person=Bounds(requests_per_minute=1), without_redis=choice)
    replies = [client.get(SESSION, headers=ground.session("ada")) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [status] * 3
    if status == 200:
        (use,) = uses(client, ground.session("ada"))
        assert use["remaining"] is None
    else:
        assert replies[0].headers["retry-after"] == str(limits.AGAIN_S)
