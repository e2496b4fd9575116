"""A bucket is listed and read through named hosts only, with the source's own credentials."""

from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from services import errors
from tests.places import markers, refused, taken


@pytest.fixture(scope="module")
def service() -> Iterator[int]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture
def bucket(service):
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{service}",
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    client.create_bucket(Bucket="docs")
    yield client
    for found in client.list_objects_v2(Bucket="docs").get("Contents", []):
        client.delete_object(Bucket="docs", Key=found["Key"])
    client.delete_bucket(Bucket="docs")
    client.close()


@pytest.fixture
def open_bucket(service, open_place):
    def opening(*, port=service, **options):
        given = {"bucket": "docs", "endpoint": f"http://127.0.0.1:{service}", **options}
        secrets = {"access_key": "a", "secret_key": "b"}
        return open_place("s3", given, port, secrets=secrets)

    return opening


def test_objects_are_listed_page_by_page_and_read(bucket, open_bucket):
    for number in range(5):
        bucket.put_object(Bucket="docs", Key=f"hr/{number}.txt", Body=f"note {number}".encode())
    bucket.put_object(Bucket="docs", Key="hr/", Body=b"")
    bucket.put_object(Bucket="docs", Key="it/plan.txt", Body=b"plan")
    found = taken(open_bucket(prefix="hr/"))
    assert found == {f"hr/{number}.txt": f"note {number}".encode() for number in range(5)}


def test_a_changed_object_has_another_marker(bucket, open_bucket):
    bucket.put_object(Bucket="docs", Key="a.txt", Body=b"one")
    bucket.put_object(Bucket="docs", Key="b.txt", Body=b"two")
    first = markers(open_bucket())
    bucket.put_object(Bucket="docs", Key="a.txt", Body=b"six")
    later = markers(open_bucket())
    assert (later["a.txt"] != first["a.txt"], later["b.txt"] == first["b.txt"]) == (True, True)


def test_what_is_not_taken_has_its_reason(bucket, open_bucket):
    bucket.put_object(Bucket="docs", Key="cold.txt", Body=b"x", StorageClass="GLACIER")
    bucket.put_object(Bucket="docs", Key="draft/a.txt", Body=b"x")
    assert refused(open_bucket(exclude=["draft/*"])) == {
        "cold.txt": "archived",
        "draft/a.txt": "excluded",
    }


def test_an_object_that_goes_while_we_look_is_skipped(bucket, open_bucket):
    bucket.put_object(Bucket="docs", Key="a.txt", Body=b"x")
    source = open_bucket()
    listed = list(source.entries())
    bucket.delete_object(Bucket="docs", Key="a.txt")
    source.entries = lambda: listed
    assert refused(source) == {"a.txt": "unreadable"}


def test_a_missing_bucket_fails_as_a_whole(bucket, open_bucket):
    with pytest.raises(errors.OutsideUnavailable, match="NoSuchBucket"):
        taken(open_bucket(bucket="other"))


def test_an_endpoint_nobody_named_is_refused(bucket, open_bucket):
    with pytest.raises(errors.OutboundRefused):
        taken(open_bucket(port=1))


def test_the_machines_own_credentials_are_never_used(bucket, service, open_place, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the-machines-own")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://169.254.169.254/")
    bucket.put_object(Bucket="docs", Key="a.txt", Body=b"open to all", ACL="public-read")
    source = open_place("s3", {"bucket": "docs", "endpoint": f"http://127.0.0.1:{service}"}, service)
    sent = []
    source._client.meta.events.register("before-send.s3.*", lambda request, **_: sent.append(request))
    assert taken(source) == {"a.txt": b"open to all"}
    assert all("Authorization" not in request.headers for request in sent)
