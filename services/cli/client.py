"""How the command line talks to a running Holdfast: REST, as the signed-in administrator of this machine."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from services import errors
from services.cli import private_file
from services.settings import Settings

CREDENTIALS = "first-admin.json"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who the command signs in as, kept by the first start in a file only its owner reads."""

    login: str
    password: str

    def save(self, data_dir: Path) -> None:
        path = data_dir / CREDENTIALS
        private_file.write(path, json.dumps({"login": self.login, "password": self.password}))

    @classmethod
    def load(cls, data_dir: Path) -> "Credentials":
        path = data_dir / CREDENTIALS
        if not path.exists():
            raise errors.NotSignedIn(f"{path} is missing: run `holdfast up` in this folder first")
        return cls(**json.loads(path.read_text()))


@contextmanager
def signed_in(settings: Settings, credentials: Credentials) -> Iterator[httpx.Client]:
    """A client with a session; errors.Unavailable when nothing answers."""
    base = f"http://{settings.web.host}:{settings.web.port}"
    with httpx.Client(base_url=base, timeout=120, trust_env=False) as client:
        try:
            reply = client.post(
                "/api/v1/session", json={"login": credentials.login, "password": credentials.password}
            )
        except httpx.TransportError as error:
            raise errors.Unavailable(f"Nothing answers at {base}: start it with `holdfast up`") from error
        raise_problem(reply)
        client.headers["X-CSRF-Token"] = reply.json()["csrf_token"]
        try:
            yield client
        finally:
            client.delete("/api/v1/session")


def raise_problem(reply: httpx.Response) -> None:
    """The reply's problem as an error of ours."""
    if reply.is_success:
        return
    try:
        detail = str(reply.json()["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"{reply.status_code} from {reply.url}"
    raise errors.HoldfastError(detail)


def events(reply: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    """The named events of a stream, comments skipped."""
    name = ""
    for line in reply.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))
