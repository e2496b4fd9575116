"""An upload sent again: under its Idempotency-Key it is answered as before, the same content does nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update

from services import runs
from services.app import create_app
from services.database.tables.library import Version
from services.database.tables.uploads import UploadKey
from services.documents import grants
from tests.ground import ingest_text

TEXT = "The office closes at six. Ask the porter for a key."


@pytest.fixture
def send(speak_as):
    def post(key=None, login="ada", file_name="a.txt", text=TEXT, collection="handbook", **fields):
        return speak_as(login).post(
            "/api/v1/documents",
            data={"collection": collection, **fields},
            files={"file": (file_name, text.encode())},
            headers={"Idempotency-Key": key} if key is not None else {},
        )

    return post


@pytest.fixture
def versions(resources):
    def count():
        with resources.transactions.read() as session:
            return session.scalar(select(func.count()).select_from(Version))

    return count


def test_the_same_key_gets_the_same_answer_and_nothing_is_done_twice(send, versions, resources):
    first = send("k1")
    ingest_text(resources, first.json()["job"]["id"], TEXT)
    again = send("k1")
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert versions() == 1


@pytest.mark.parametrize(
    "changed", [{"text": "Other."}, {"file_name": "b.txt"}, {"collection": "payroll"}, {"name": "c.txt"}]
)
def test_a_key_is_for_one_upload_only(send, versions, changed):
    send("k1")
    reply = send("k1", **changed)
    assert (reply.status_code, reply.json()["code"]) == (409, "conflict")
    assert versions() == 1


def test_a_key_is_its_persons_own(send, rooms, resources, versions):
    rooms.company.person("dee", "staff", "hr")
    first, other = send("k1", text="Ada's."), send("k1", "dee", text="Dee's.", file_name="d.txt")
    assert first.json()["document"]["id"] != other.json()["document"]["id"]
    assert versions() == 2


def test_a_key_expires(send, versions, resources):
    send("k1")
    with resources.transactions.write() as session:
        past = runs.database_now(session) - timedelta(seconds=5)
        session.execute(update(UploadKey).values(expires_at=past))
    assert send("k1", text="Other.").status_code == 202
    assert versions() == 2


def test_a_refused_upload_leaves_its_key_free(send):
    assert send("k1", collection="nothing").status_code == 404
    assert send("k1").status_code == 202


def test_an_answer_is_not_given_to_who_may_not_read_it_any_more(send, speak_as, rooms):
    document = send("k1").json()["document"]["id"]
    rooms.company.leave("ada", "hr")
    rooms.company.leave("ada", "staff")
    assert send("k1").status_code == 404
    assert document not in send("k1").text


def test_nothing_is_told_of_a_document_that_was_removed(send, speak_as):
    document = send("k1").json()["document"]["id"]
    speak_as("ada").delete(f"/api/v1/documents/{document}")
    reply = send("k1")
    assert (reply.status_code, "a.txt" in reply.text) == (404, False)


@pytest.mark.parametrize("key", ["", "x" * 201, "tab\tbed"])
def test_a_key_that_is_none_is_refused(send, key):
    assert send(key).status_code == 400


def test_of_two_sent_at_once_one_is_done(resources, rooms, versions):
    headers, together = rooms.company.key("ada", "documents:write"), Barrier(2)
    app = create_app(resources.settings, resources)

    def post(_number):
        with TestClient(app) as client:
            together.wait()
            return client.post(
                "/api/v1/documents",
                data={"collection": "handbook"},
                files={"file": ("a.txt", TEXT.encode())},
                headers=headers | {"Idempotency-Key": "k1"},
            ).json()

    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(post, range(2)))
    assert replies[0] == replies[1]
    assert versions() == 1


def test_the_same_content_again_is_no_work(send, versions, resources):
    first = send().json()
    waiting = send().json()
    ingest_text(resources, first["job"]["id"], TEXT)
    read = send().json()
    assert [first["unchanged"], waiting["unchanged"], read["unchanged"]] == [False, True, True]
    assert {first["job"]["id"]} == {waiting["job"]["id"], read["job"]["id"]}
    assert (versions(), read["job"]["state"]) == (1, "done")


def test_going_back_to_older_content_is_a_new_version(send, versions, resources):
    for text in (TEXT, "Other.", TEXT):
        ingest_text(resources, send(text=text).json()["job"]["id"], text)
    assert versions() == 3


def test_content_that_failed_is_tried_again(send, versions, resources, speak_as):
    job = send().json()["job"]["id"]
    speak_as("ada").post(f"/api/v1/jobs/{job}/cancel")
    assert send().json()["unchanged"] is False
    assert versions() == 2


def test_content_read_by_an_older_parser_is_read_again(send, versions, resources):
    ingest_text(resources, send().json()["job"]["id"], TEXT)
    with resources.transactions.write() as session:
        session.execute(update(Version).values(parser="old"))
    assert send().json()["unchanged"] is False


def test_the_same_content_is_said_where_the_caller_may_read(send, rooms):
    secret = send(collection="payroll", file_name="secret.txt").json()["document"]["id"]
    assert [one["id"] for one in send(file_name="mine.txt").json()["same_content"]] == [secret]


def test_who_may_not_read_the_other_is_not_told_of_it(send, rooms, resources, publish):
    publish("secret.txt", "payroll", TEXT)
    rooms.company.person("fay", "staff")
    with resources.transactions.write() as session:
        grants.to_groups(session, rooms.handbook, "curate", [rooms.group("hr"), rooms.group("staff")])
    reply = send(login="fay", file_name="copy.txt")
    assert (reply.status_code, reply.json()["same_content"]) == (202, [])
    assert "secret" not in reply.text


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a/b/c.txt", "a/b/c.txt"),
        ("../../x/./y.txt", "x/y.txt"),
        ("/etc/passwd", "etc/passwd"),
        ("a\\b.txt", "a/b.txt"),
        ("a%2F..%2F..%2Fb.txt", "b.txt"),
        ("..", "f.txt"),
    ],
)
def test_a_name_may_hold_folders_but_never_lead_upwards(send, given, shown):
    assert send(file_name="f.txt", name=given).json()["document"]["name"] == shown


def test_two_files_of_one_name_in_two_folders_are_two_documents(send, versions):
    first, second = (send(name=f"{folder}/index.txt", text=folder).json() for folder in "ab")
    assert first["document"]["id"] != second["document"]["id"]
