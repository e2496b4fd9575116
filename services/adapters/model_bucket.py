"""Model files under an S3 prefix (`s3://bucket/prefix`); credentials from the environment or boto3's file."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.credentials import CredentialResolver, EnvProvider, SharedCredentialProvider
from botocore.exceptions import BotoCoreError, ClientError

from services import errors, outbound, settings


class ModelBucket:
    """One prefix; nothing leaves for an endpoint whose host is not named."""

    def __init__(self, limits: settings.Outbound, address: str, *, endpoint: str | None = None) -> None:
        parts = urlsplit(address)
        self._bucket, self._prefix = parts.netloc, parts.path.strip("/")
        self._address = address
        try:
            self._client = _session().client("s3", endpoint_url=endpoint)
        except (BotoCoreError, ValueError) as error:
            raise errors.InvalidRequest(f"{address}: {error}") from error
        opened = outbound.Outbound(limits)
        opened.require_named("models", self._client.meta.endpoint_url)
        outbound.send_through(self._client, opened, "models")

    def sizes(self) -> Mapping[str, int]:
        """Name → bytes of everything under the prefix; errors.NotFound where there is nothing."""
        pages = self._client.get_paginator("list_objects_v2")
        start = f"{self._prefix}/" if self._prefix else ""
        try:
            found = {
                entry["Key"].removeprefix(start): entry["Size"]
                for page in pages.paginate(Bucket=self._bucket, Prefix=start)
                for entry in page.get("Contents", [])
            }
        except (BotoCoreError, ClientError) as error:
            raise errors.Unavailable(f"{self._address}: {error}") from error
        if not found:
            raise errors.NotFound(f"{self._address} holds nothing")
        return found

    def download(self, name: str, folder: Path) -> None:
        key = f"{self._prefix}/{name}" if self._prefix else name
        try:
            self._client.download_file(self._bucket, key, str(folder / name))
        except (BotoCoreError, ClientError) as error:
            raise errors.Unavailable(f"{self._address}/{name}: {error}") from error


def _session() -> boto3.session.Session:
    """Looks for credentials on this machine only: boto3 itself would ask the metadata service as well."""
    session = botocore.session.Session()
    file = SharedCredentialProvider(
        creds_filename=session.get_config_variable("credentials_file"),
        profile_name=session.get_config_variable("profile") or "default",
    )
    session.register_component("credential_provider", CredentialResolver([EnvProvider(), file]))
    return boto3.session.Session(botocore_session=session)
