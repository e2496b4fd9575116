"""A caller kept for later: what tells the credential, looked up again before anything is done with it."""

from dataclasses import replace
from typing import Any

from services.identity.caller import Caller

SETS = ("group_ids", "scopes", "collection_ids", "account_group_ids")


def keep(caller: Caller) -> dict[str, Any]:
    """What tells the credential; no groups, which are looked up again, and no name."""
    return {
        "login": "",
        "name": "",
        "is_admin": False,
        "group_ids": [],
        "scopes": sorted(caller.scopes),
        "credential_id": caller.credential_id,
        "via": caller.via,
        "collection_ids": None if caller.collection_ids is None else sorted(caller.collection_ids),
        "account_id": caller.account_id,
    }


def keep_lastingly(caller: Caller) -> dict[str, Any]:
    """The same of what is to outlast a browser's session: it goes by the person who was signed in."""
    lasting = caller if caller.via == "api_key" else replace(caller, via="proxy", credential_id="")
    return keep(lasting) | {"is_admin": caller.is_admin}


def kept(person_id: str, told: dict[str, Any]) -> Caller:
    """The caller as they were; what they may do now is for `callers.now_in` to say."""
    found = dict(told)
    for name in SETS:
        found[name] = None if found.get(name) is None else frozenset(found[name])
    return Caller(person_id=person_id, **found)
