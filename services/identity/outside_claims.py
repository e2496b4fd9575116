"""What a provider or a proxy says of a person, and what that means here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services import errors
from services.identity import people
from services.settings import SignIn

Claims = Mapping[str, Any]

MOST_GROUPS = 1000
LONGEST = 300
SHOWN = ("iss", "sub", "preferred_username", "name", "email", "sid", "auth_time")


@dataclass(frozen=True, slots=True)
class Said:
    """A person as somebody else describes them."""

    subject: str
    logins: tuple[str, ...]
    """What they may be called here, best first."""
    name: str
    groups: tuple[str, ...]
    """As they are called there."""
    shown: dict[str, Any]

    def group_names(self, settings: SignIn) -> list[str]:
        """The same groups as they are called here; whether there is one of that name is asked each time."""
        names = {settings.groups.get(group, group) for group in self.groups}
        return sorted(names - {people.EVERYONE})

    def is_admin(self, settings: SignIn) -> bool:
        return bool(set(self.groups) & set(settings.admin_groups))

    def is_auditor(self, settings: SignIn) -> bool:
        return bool(set(self.groups) & set(settings.auditor_groups))


def by_provider(claims: Claims, settings: SignIn) -> Said:
    """errors.SignInRefused where the claims say nothing that could be relied on."""
    oidc = settings.oidc
    groups = group_values(claims, oidc.groups_claim)
    if oidc.roles_claim:
        groups = tuple(sorted({*groups, *group_values(claims, oidc.roles_claim)}))
    logins = (claims.get(oidc.login_claim), claims.get("email"), claims.get("sub"))
    return Said(
        subject=str(claims["sub"]),
        logins=tuple(login for login in logins if isinstance(login, str) and login),
        name=_text(claims.get("name"))[:200],
        groups=groups,
        shown={key: claims[key] for key in SHOWN if isinstance(claims.get(key), str | int)}
        | {oidc.groups_claim: list(groups)},
    )


def by_proxy(user: str, name: str, groups: tuple[str, ...]) -> Said:
    return Said(user, (user,), name[:200], groups, {"user": user, "groups": list(groups)})


def group_values(claims: Claims, name: str) -> tuple[str, ...]:
    """The groups a claim holds; errors.GroupOverage where the provider left them out for their number.

    Somebody in too many groups must not be taken for somebody in none.
    """
    elsewhere = claims.get("_claim_names")
    left_out = isinstance(elsewhere, Mapping) and (name in elsewhere or "groups" in elsewhere)
    if left_out or claims.get("hasgroups") in (True, "true", 1):
        raise errors.GroupOverage
    found = claims[name] if name in claims else _at_path(claims, name)
    values = [found] if isinstance(found, str) else found if found is not None else []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise errors.SignInRefused(f"The claim {name} is no list of groups")
    if len(values) > MOST_GROUPS:
        raise errors.GroupOverage
    return tuple(sorted({value for value in values if 0 < len(value) <= LONGEST}))


def _at_path(claims: Claims, path: str) -> Any:
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _text(value: object) -> str:
    return value.replace("\0", "") if isinstance(value, str) else ""
