"""Handing a file in: what is taken, what is refused, and that a refusal leaves nothing behind."""

import pytest

from services import errors
from services.settings import Files, Settings
from tests.fakes_ground import FakeJobQueue

SECRET = "s" * 32
BOUNDARY = "frontier"
PDF_HEAD = b"%PDF-1.7\n"


@pytest.fixture
def settings(migrated_sqlite, tmp_path):
    """What a form is made of is no matter of the database: SQLite will do."""
    migrated_sqlite.copy_to(tmp_path)
    return Settings(data_dir=tmp_path, secret_key=SECRET)


def part(name, content, file_name=None):
    disposition = f'form-data; name="{name}"' + (f'; filename="{file_name}"' if file_name is not None else "")
    return f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"


def form(*parts, end=f"--{BOUNDARY}--\r\n"):
    return b"".join(parts) + end.encode()


@pytest.fixture
def post(speak_as):
    def send(body, content_type=f"multipart/form-data; boundary={BOUNDARY}"):
        return speak_as("ada").post("/api/v1/documents", content=body, headers={"Content-Type": content_type})

    return send


@pytest.fixture
def kept(resources):
    """What the file store holds: whole files, and those on their way in."""
    return lambda: (len(list(resources.files.digests())), len(list(resources.files.incoming.iterdir())))


HANDBOOK = part("collection", b"handbook")


def test_a_file_is_taken_with_its_job(upload, resources, kept):
    sent = upload("office.txt")
    assert (sent["document"]["name"], sent["document"]["media_type"]) == ("office.txt", "text/plain")
    assert (sent["document"]["state"], sent["job"]["state"]) == ("waiting", "waiting")
    assert [run_id for _task, run_id in resources.queue.sent] == [sent["job"]["id"]]
    assert kept() == (1, 0)


def test_the_reply_says_where_the_job_is(speak_as, rooms):
    reply = speak_as("ada").post(
        "/api/v1/documents", data={"collection": rooms.handbook}, files={"file": ("a.txt", b"text")}
    )
    assert reply.headers["Location"] == f"/api/v1/jobs/{reply.json()['job']['id']}"


def test_a_queue_that_is_down_costs_no_upload(upload, resources):
    resources.queue.is_down = True
    assert upload()["job"]["state"] == "waiting"
    assert isinstance(resources.queue, FakeJobQueue)


def test_the_same_name_again_is_a_new_version_of_the_document(upload):
    first, second = upload(text="old"), upload(text="new")
    assert first["document"]["id"] == second["document"]["id"]
    assert first["job"]["id"] != second["job"]["id"]


def test_a_form_without_a_file_is_refused(post, rooms, kept):
    reply = post(form(HANDBOOK))
    assert (reply.status_code, reply.json()["code"]) == (400, "invalid_request")
    assert kept() == (0, 0)


def test_a_form_without_a_collection_is_refused(post, rooms, kept):
    reply = post(form(part("file", b"text", "a.txt")))
    assert reply.status_code == 400
    assert "'collection'" in reply.json()["detail"]
    assert kept() == (0, 0)


@pytest.mark.parametrize("first_name", ["a.txt", "", "../"])
def test_two_files_are_refused(post, rooms, kept, first_name):
    reply = post(form(HANDBOOK, part("file", b"one", first_name), part("file", b"two", "b.txt")))
    assert reply.status_code == 400
    assert "one file at a time" in reply.json()["detail"]
    assert kept() == (0, 0)


def test_a_file_without_a_name_is_refused(post, rooms, kept):
    assert post(form(HANDBOOK, part("file", b"text"))).status_code == 400
    assert kept() == (0, 0)


def test_a_file_over_the_limit_is_refused_and_leaves_nothing(post, rooms, resources, kept):
    limit_to(resources, 1000)
    reply = post(form(HANDBOOK, part("file", b"x" * 1001, "a.txt")))
    assert (reply.status_code, reply.json()["code"]) == (413, "too_large")
    assert kept() == (0, 0)


def test_a_file_that_says_it_is_too_large_is_not_even_read(speak_as, rooms, resources, kept):
    limit_to(resources, 1000)
    reply = speak_as("ada").post(
        "/api/v1/documents", content=b"", headers={"Content-Length": "9999999999", "Content-Type": "x/y"}
    )
    assert reply.status_code == 413
    assert kept() == (0, 0)


def test_fields_that_are_too_long_are_refused(post, rooms, kept):
    assert post(form(part("collection", b"x" * 70_000))).status_code == 413
    assert kept() == (0, 0)


def test_a_header_without_end_is_refused(post, rooms, kept):
    endless = f"--{BOUNDARY}\r\nContent-Disposition: {'x' * 200_000}".encode()
    assert post(endless).status_code == 400
    assert kept() == (0, 0)


@pytest.mark.parametrize("end", ["", f"--{BOUNDARY}", "--another--\r\n"])
def test_a_form_that_breaks_off_is_refused_and_leaves_nothing(post, rooms, kept, end):
    reply = post(form(HANDBOOK, part("file", b"text", "a.txt"), end=end))
    assert reply.status_code == 400
    assert kept() == (0, 0)


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "multipart/form-data", "multipart/mixed; boundary=x"]
)
def test_a_body_that_is_no_form_is_refused(post, rooms, kept, content_type):
    assert post(b'{"collection": "handbook"}', content_type).status_code == 400
    assert kept() == (0, 0)


def test_bytes_that_are_no_form_are_refused(post, rooms):
    assert post(b"nothing like a form").status_code == 400


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("party.gif", b"GIF89a" + bytes(50)),
        ("tool.exe", b"MZ\x00\x01\x02\x03"),
        ("clip.mp4", b"\x00\x00\x00\x18ftypmp42\x00\x00"),
    ],
)
def test_a_kind_nobody_reads_is_refused_and_leaves_nothing(post, rooms, kept, name, content):
    reply = post(form(HANDBOOK, part("file", content, name)))
    assert (reply.status_code, reply.json()["code"]) == (415, "unsupported_media_type")
    assert kept() == (0, 0)


def test_a_scan_is_taken_as_the_picture_it_is(post, rooms):
    reply = post(form(HANDBOOK, part("file", b"\x89PNG\r\n\x1a\n" + bytes(50), "scan.png")))
    assert (reply.status_code, reply.json()["document"]["media_type"]) == (202, "image/png")


def test_bytes_decide_what_a_file_is_before_its_name(post, rooms):
    reply = post(form(HANDBOOK, part("file", PDF_HEAD, "report.txt")))
    assert reply.json()["document"]["media_type"] == "application/pdf"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\\\Users\\\\ada\\\\plan.txt", "plan.txt"),
        ("..%2F..%2Fplan.txt", "plan.txt"),
        ("plan\x01\x7f.txt", "plan.txt"),
        ("Gr\u00f6\u00dfe.txt", "Gr\u00f6\u00dfe.txt"),
        ("p" * 500 + ".txt", "p" * 400),
    ],
)
def test_a_name_is_only_a_name(post, rooms, given, shown):
    body = form(HANDBOOK, part("file", b"text", "NAME")).replace(b"NAME", given.encode())
    assert post(body).json()["document"]["name"] == shown


def test_an_empty_file_is_taken_and_its_job_will_say_so(post, rooms):
    reply = post(form(HANDBOOK, part("file", b"", "empty.txt")))
    assert reply.status_code == 202
    assert reply.json()["document"]["size_bytes"] == 0


def test_the_order_of_the_fields_does_not_matter(post, rooms):
    assert post(form(part("file", b"text", "a.txt"), HANDBOOK)).status_code == 202


def test_a_full_disk_says_so_and_leaves_nothing(post, rooms, resources, kept, monkeypatch):
    def full(*_arguments):
        raise errors.StorageFull

    monkeypatch.setattr("services.adapters.file_store.IncomingFile.keep", full)
    reply = post(form(HANDBOOK, part("file", b"text", "a.txt")))
    assert (reply.status_code, reply.json()["code"]) == (507, "storage_full")
    assert kept() == (0, 0)


def test_a_reader_may_not_add(speak_as, rooms, kept):
    reply = speak_as("ben").post(
        "/api/v1/documents", data={"collection": "handbook"}, files={"file": ("a.txt", b"text")}
    )
    assert (reply.status_code, reply.json()["code"]) == (403, "forbidden")
    assert kept() == (0, 0)


@pytest.mark.parametrize("login", ["ben", "cy", "root"])
def test_a_collection_one_may_not_know_of_is_not_found(speak_as, rooms, kept, login):
    reply = speak_as(login).post(
        "/api/v1/documents", data={"collection": rooms.payroll}, files={"file": ("a.txt", b"text")}
    )
    assert reply.status_code == 404
    assert kept() == (0, 0)


def limit_to(resources, limit):
    object.__setattr__(
        resources, "settings", resources.settings.model_copy(update={"files": Files(max_upload_bytes=limit)})
    )
