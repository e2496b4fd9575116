"""`holdfast whoami`: who a credential speaks for, what was said of them elsewhere, and what became of it."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console

from services import errors
from services.cli.client import Credentials, raise_problem, signed_in
from services.cli.complaints import complaining
from services.settings import Settings, load_settings

console = Console()


def whoami(
    key_file: Annotated[
        Path | None, typer.Option(help="file that holds an API key; else it is this machine's administrator")
    ] = None,
) -> None:
    """Say who a credential speaks for, the claims behind it, and what they became."""
    complaining(_whoami, load_settings(), key_file)


def _whoami(settings: Settings, key_file: Path | None) -> None:
    with _client(settings, key_file) as client:
        try:
            reply = client.get("/api/v1/session/whoami")
        except httpx.TransportError as error:
            raise errors.Unavailable(f"Nothing answers at {client.base_url}") from error
        raise_problem(reply)
    _print(reply.json())


def _client(settings: Settings, key_file: Path | None) -> AbstractContextManager[httpx.Client]:
    if key_file is None:
        return signed_in(settings, Credentials.load(settings.data_dir))
    base = f"http://{settings.web.host}:{settings.web.port}"
    headers = {"Authorization": f"Bearer {key_file.read_text().strip()}"}
    return httpx.Client(base_url=base, headers=headers, timeout=30, trust_env=False)


def _print(me: dict[str, Any]) -> None:
    rows = {
        "login": me["login"],
        "name": me["name"],
        "by": me["via"] + (f", account {me['acting_account']} acts" if me["acting_account"] else ""),
        "administers": "yes" if me["is_admin"] else "no",
        "roles": "; ".join(_role(role) for role in me["roles"]) or "none",
        "scopes": ", ".join(me["scopes"]),
        "groups": _names(me["groups"]),
        "given here": _names(me["given_here"]),
        "reads": me["reads"],
    }
    for name, value in rows.items():
        console.print(f"{name:12} {value}", markup=False, highlight=False)
    if me["outside"]:
        _print_outside(me["outside"])


def _print_outside(said: dict[str, Any]) -> None:
    until = f"counts until {said['expires_at']}" if not said["is_expired"] else "expired"
    console.print(f"{said['issuer']} said at {said['read_at']}, {until}:", markup=False, highlight=False)
    for name, value in said["claims"].items():
        console.print(f"  {name:20} {value}", markup=False, highlight=False)
    for group in said["groups"]:
        became = group["became"]["name"] if group["became"] else "nothing here"
        also = (", administers" if group["administers"] else "") + (", audits" if group["audits"] else "")
        console.print(f"  {group['claimed']:20} → {became}{also}", markup=False, highlight=False)


def _role(role: dict[str, Any]) -> str:
    place = f" of {role['collection']['name']}" if role["collection"] else ""
    group = f" (group {role['group']['name']})" if role["group"] else ""
    claim = f" (claim {role['claim']})" if role["claim"] else ""
    return f"{role['role']}{place}{group}{claim}"


def _names(groups: list[dict[str, str]]) -> str:
    return ", ".join(group["name"] for group in groups) or "none"
