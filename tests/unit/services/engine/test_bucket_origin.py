"""Models from an S3 prefix, on a real S3 server of the tests' own."""

import socket
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from services import errors
from services.engine import launch, origins
from services.engine.model_store import ModelStore
from services.settings import Settings
from tests import small_models

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    yield int(running.get_host_and_port()[1])
    running.stop()


@pytest.fixture
def bucket(server: int, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a prefix that holds a model, a README and a pickled copy."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client, name = boto3.client("s3"), f"models-{abs(hash(request.node.name))}"
    client.create_bucket(Bucket=name)
    extra = {"README.md": b"hello", "pytorch_model.bin": b"x"}
    for file, content in (small_models.files() | extra).items():
        client.put_object(Bucket=name, Key=f"llm/tiny/{file}", Body=content)
    yield f"s3://{name}/llm/tiny"
    client.close()


def settings(tmp_path: Path, server: int, *, is_named: bool = True) -> Settings:
    hosts = (f"127.0.0.1:{server}",) if is_named else ()
    return Settings(release={"models": tmp_path / "models"}, outbound={"models": hosts})


def test_a_prefix_gives_the_model_and_nothing_else(tmp_path: Path, server: int, bucket: str) -> None:
    chosen = settings(tmp_path, server)
    generator = origins.pull(chosen, origins.Wish(bucket, license="mit"))
    assert set(generator.files) == set(small_models.files())
    assert (generator.repository, generator.license) == (bucket, "mit")
    folder = chosen.models_root / generator.folder
    assert launch.folder_name(launch.describe_files(folder)) == generator.folder


def test_an_endpoint_that_is_not_named_is_never_asked(tmp_path: Path, server: int, bucket: str) -> None:
    with pytest.raises(errors.OutboundRefused):
        origins.pull(settings(tmp_path, server, is_named=False), origins.Wish(bucket))


@pytest.mark.parametrize(
    ("address", "error"),
    [("s3://no-such-bucket/x", errors.Unavailable), ("{bucket}/elsewhere", errors.NotFound)],
)
def test_what_is_not_there_is_told(
    tmp_path: Path, server: int, bucket: str, address: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        origins.pull(settings(tmp_path, server), origins.Wish(address.format(bucket=bucket)))


def test_weights_that_are_there_already_are_not_fetched_again(
    tmp_path: Path, server: int, bucket: str
) -> None:
    chosen = settings(tmp_path, server)
    draft = ModelStore(chosen.models_root).draft(bucket)
    weights = small_models.files()["model.safetensors"]
    (draft / "model.safetensors").write_bytes(b"x" + weights[1:])
    kept = origins.pull(chosen, origins.Wish(bucket))
    assert (chosen.models_root / kept.folder / "model.safetensors").read_bytes()[:1] == b"x"


def test_without_credentials_the_metadata_service_is_not_asked(
    tmp_path: Path, server: int, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with socket.create_server(("127.0.0.1", 0)) as metadata:
        metadata.setblocking(False)
        port = metadata.getsockname()[1]
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{port}")
        with pytest.raises(errors.Unavailable, match="credentials"):
            origins.pull(settings(tmp_path, server), origins.Wish(bucket))
        with pytest.raises(BlockingIOError):
            metadata.accept()
