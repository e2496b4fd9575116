"""A source through its whole life over REST: named, tested, synced, looked at, changed, taken away."""

import pytest

from services.syncs import SYNC_TASK

ADDRESS = "/api/v1/sources"


@pytest.fixture
def make(as_, company, share):
    def create(**more):
        body = {"name": "share", "kind": "folder", "collection": "handbook", "options": {"path": str(share)}}
        reply = as_("root").post(ADDRESS, json=body | more)
        assert reply.status_code == 201, reply.text
        return reply.json()

    return create


@pytest.fixture
def do(as_, work):
    """Ask for a test or sync as somebody, do it, and return the run."""

    def run(login, source, action, **body):
        client = as_(login)
        reply = client.post(f"{ADDRESS}/{source['id']}/{action}", json=body)
        assert reply.status_code == 202, reply.text
        work(reply.json()["id"])
        return client.get(f"{ADDRESS}/{source['id']}/runs/{reply.json()['id']}").json()

    return run


def items(client, source, run, **query):
    reply = client.get(f"{ADDRESS}/{source['id']}/runs/{run['id']}/items", params=query)
    assert reply.status_code == 200, reply.text
    return {item["key"]: (item["action"], item["reason"]) for item in reply.json()["items"]}


def test_a_source_is_named_tested_and_synced(as_, make, do, resources):
    source = make()
    assert (source["is_tested"], source["last_run"]) == (False, None)
    refused = as_("ada").post(f"{ADDRESS}/{source['id']}/sync", json={})
    assert (refused.status_code, "Test the source" in refused.json()["detail"]) == (409, True)
    tested = do("ada", source, "test")
    assert (tested["state"], tested["dry"], tested["added"], tested["skipped"]) == ("done", True, 2, 1)
    assert items(as_("ada"), source, tested)["way-out.md"] == ("skipped", "link")
    synced = do("ada", source, "sync")
    assert (synced["state"], synced["dry"], synced["added"]) == ("done", False, 2)
    shown = as_("ada").get(f"{ADDRESS}/{source['id']}").json()
    assert (shown["documents"], shown["is_tested"], shown["last_run"]["id"]) == (2, True, synced["id"])
    assert (SYNC_TASK, synced["id"]) in resources.queue.sent
    names = [one["name"] for one in as_("ada").get("/api/v1/documents").json()["items"]]
    assert names == ["share/hr/pay.txt", "share/office.md"]


def test_runs_and_their_items_come_in_pages(as_, make, do):
    source = make()
    runs = [do("ada", source, "test")["id"] for _ in range(3)]
    client, seen, cursor = as_("ada"), [], ""
    while cursor is not None:
        page = client.get(f"{ADDRESS}/{source['id']}/runs", params={"limit": 2, "cursor": cursor}).json()
        seen += [run["id"] for run in page["items"]]
        cursor = page["next_cursor"]
    assert seen == runs[::-1]
    first = client.get(f"{ADDRESS}/{source['id']}/runs/{runs[0]}/items", params={"limit": 2}).json()
    rest = client.get(
        f"{ADDRESS}/{source['id']}/runs/{runs[0]}/items",
        params={"limit": 2, "cursor": first["next_cursor"]},
    ).json()
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    assert items(client, source, {"id": runs[0]}, action="skipped").keys() == {"way-out.md"}


def test_names_are_shown_as_far_as_rules_and_readers_allow(as_, make, do, company):
    hr = company.library.group("hr")
    source = make(readers=[{"prefix": "hr/", "group_ids": [hr]}])
    tested = do("ada", source, "test")
    assert items(as_("ada"), source, tested).keys() == {"office.md", "hr/pay.txt", "way-out.md"}
    assert items(as_("dan"), source, tested).keys() == {"office.md", "way-out.md"}
    synced = do("dan", source, "sync")
    assert synced["added"] == 2
    assert items(as_("dan"), source, synced).keys() == {"office.md", "way-out.md"}
    held = as_("dan").get(f"{ADDRESS}/{source['id']}/items").json()["items"]
    assert [item["key"] for item in held] == ["office.md"]
    assert as_("root").get(f"{ADDRESS}/{source['id']}/items").status_code == 403


def test_where_a_source_points_is_for_administrators(as_, make):
    source = make(secrets={"token": "env:HOLDFAST_SOURCE_X"})
    assert (source["secrets"], source["options"]["path"][0]) == ({"token": "env:HOLDFAST_SOURCE_X"}, "/")
    seen = as_("ada").get(f"{ADDRESS}/{source['id']}").json()
    assert (seen["options"], seen["secrets"], seen["readers"]) == (None, None, None)


@pytest.mark.parametrize(
    "body",
    [
        {"secrets": {"token": "hunter2"}},
        {"secrets": {"token": "env:HOLDFAST_SECRET_KEY"}},
        {"options": {"password": "hunter2"}},
        {"options": {"nested": [{"api_key": "hunter2"}]}},
        {"options": {"url": "https://me:hunter2@git.corp/x"}},
        {"options": {"path": "x" * 20_000}},
        {"every_s": 5},
        {"readers": [{"prefix": "a", "group_ids": []}, {"prefix": "/a/", "group_ids": []}]},
        {"readers": [{"prefix": "a", "group_ids": ["0" * 32]}]},
        {"name": "No Such Name"},
    ],
)
def test_secrets_as_values_and_other_nonsense_are_refused(as_, company, body):
    given = {"name": "share", "kind": "folder", "collection": "handbook"} | body
    reply = as_("root").post(ADDRESS, json=given)
    assert reply.status_code == 400
    assert "hunter2" not in reply.text


def test_a_name_is_given_once(as_, make):
    make()
    body = {"name": "share", "kind": "git", "collection": "handbook"}
    assert as_("root").post(ADDRESS, json=body).status_code == 409


def test_a_source_that_points_elsewhere_is_tested_again(as_, make, do, share):
    source = make()
    do("root", source, "test")
    client = as_("root")
    same = client.patch(f"{ADDRESS}/{source['id']}", json={"options": {"path": str(share)}, "every_s": 3600})
    assert (same.json()["is_tested"], same.json()["every_s"]) == (True, 3600)
    moved = client.patch(f"{ADDRESS}/{source['id']}", json={"options": {"path": str(share / "hr")}})
    assert moved.json()["is_tested"] is False
    assert client.post(f"{ADDRESS}/{source['id']}/sync", json={}).status_code == 409


def test_new_rules_act_at_once(as_, make, do, company):
    source = make()
    do("root", source, "test")
    do("root", source, "sync")
    assert len(as_("ben").get("/api/v1/documents").json()["items"]) == 2
    rules = [{"prefix": "hr", "group_ids": [company.library.group("hr")]}]
    assert as_("root").patch(f"{ADDRESS}/{source['id']}", json={"readers": rules}).status_code == 200
    names = [one["name"] for one in as_("ben").get("/api/v1/documents").json()["items"]]
    assert names == ["share/office.md"]
    as_("root").patch(f"{ADDRESS}/{source['id']}", json={"readers": []})
    assert len(as_("ben").get("/api/v1/documents").json()["items"]) == 2


def test_one_sync_at_a_time_and_it_can_be_cancelled(as_, make, do, work):
    source = make()
    do("ada", source, "test")
    client = as_("ada")
    waiting = client.post(f"{ADDRESS}/{source['id']}/sync", json={}).json()
    assert client.post(f"{ADDRESS}/{source['id']}/sync", json={}).status_code == 409
    assert client.post(f"{ADDRESS}/{source['id']}/cancel").status_code == 204
    work(waiting["id"])
    run = client.get(f"{ADDRESS}/{source['id']}/runs/{waiting['id']}").json()
    assert (run["state"], run["added"]) == ("cancelled", 0)


@pytest.mark.parametrize(("documents", "left"), [("keep", 2), ("remove", 0)])
def test_a_source_goes_with_or_without_its_documents(as_, make, do, documents, left):
    source = make()
    do("root", source, "test")
    do("root", source, "sync")
    reply = as_("root").delete(f"{ADDRESS}/{source['id']}", params={"documents": documents})
    assert reply.status_code == 204
    assert len(as_("ada").get("/api/v1/documents").json()["items"]) == left
    assert as_("root").get(f"{ADDRESS}/{source['id']}").status_code == 404


def test_a_failed_test_says_why(as_, make, do):
    source = make(options={"path": "/etc"})
    run = do("root", source, "test")
    assert (run["state"], run["error"]["code"]) == ("failed", "invalid_request")
    assert "HOLDFAST_SOURCES__FOLDERS" in run["error"]["reason"]
