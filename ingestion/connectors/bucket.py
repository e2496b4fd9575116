"""A bucket that speaks S3; objects are told apart by ETag and size. Credentials come from the source only."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ingestion.connectors.options import Options
from ingestion.connectors.protocol import Entry, Skipped, SkipThis, Surroundings
from services import errors, outbound

BLOCK = 1 << 20
ASLEEP = frozenset({"GLACIER", "DEEP_ARCHIVE"})


class BucketOptions(Options):
    bucket: str
    prefix: str = ""
    endpoint: str = ""
    """Address of the service; Amazon's in `region` unless given."""
    region: str = "us-east-1"


class Bucket:
    """Options: `bucket`, `prefix`, `endpoint`, `region`, `include`, `exclude`.

    Secrets: `access_key` and `secret_key`, and `session_token` where there is one; without them requests go
    unsigned. The machine's own credentials and its metadata service are never asked.
    """

    def __init__(self, options: Mapping[str, Any], surroundings: Surroundings) -> None:
        self._options = BucketOptions.model_validate(options)
        self._client = _client(self._options, surroundings.secrets)
        outbound.send_through(self._client, surroundings.outbound, "sources")

    def entries(self) -> Iterator[Entry | Skipped]:
        pages = self._client.get_paginator("list_objects_v2")
        with _typed_failures(self._options.bucket):
            for page in pages.paginate(Bucket=self._options.bucket, Prefix=self._options.prefix):
                for found in page.get("Contents", []):
                    if not found["Key"].endswith("/"):  # the console's folders
                        yield self._entry(found)

    def _entry(self, found: Mapping[str, Any]) -> Entry | Skipped:
        key = found["Key"]
        if not key.isprintable():
            return Skipped(repr(key), "name", "The name holds characters that cannot be shown")
        if not self._options.wants(key):
            return Skipped(key, "excluded", "Left out by this source's patterns")
        if found.get("StorageClass") in ASLEEP:
            return Skipped(key, "archived", "The object lies in cold storage", keeps=True)
        marker = f"{found.get('ETag', '')}-{found['Size']}"[:200]
        return Entry(key, marker=marker, size=found["Size"], modified_at=found.get("LastModified"))

    def read(self, entry: Entry) -> Iterator[bytes]:
        try:
            with _typed_failures(self._options.bucket):
                body = self._client.get_object(Bucket=self._options.bucket, Key=entry.key)["Body"]
                yield from body.iter_chunks(BLOCK)
        except ClientError as error:
            raise SkipThis("unreadable", _code(error)) from error

    def close(self) -> None:
        self._client.close()


def _client(options: BucketOptions, secrets: Mapping[str, str]) -> Any:
    is_signed = "access_key" in secrets
    config = Config(
        signature_version="s3v4" if is_signed else UNSIGNED,
        s3={"addressing_style": "path"},
        retries={"total_max_attempts": 3, "mode": "standard"},
        ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # missing in the stubs
    )
    session = boto3.session.Session(
        aws_access_key_id=secrets.get("access_key"),
        aws_secret_access_key=secrets.get("secret_key"),
        aws_session_token=secrets.get("session_token"),
        region_name=options.region,
    )
    endpoint = options.endpoint or f"https://s3.{options.region}.amazonaws.com"
    try:
        return session.client("s3", endpoint_url=endpoint, config=config)
    except (BotoCoreError, ValueError) as error:
        raise errors.InvalidRequest("The bucket's endpoint or credentials cannot be used") from error


@contextmanager
def _typed_failures(bucket: str) -> Iterator[None]:
    """A listing that is refused ends the sync; a single object's refusal is the reader's to judge."""
    try:
        yield
    except ClientError as error:
        if error.operation_name == "GetObject":
            raise
        raise errors.OutsideUnavailable(f"The bucket {bucket} cannot be listed: {_code(error)}") from error
    except BotoCoreError as error:
        raise errors.OutsideUnavailable(f"The bucket {bucket} broke off: {type(error).__name__}") from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "refused"))
