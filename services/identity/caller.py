"""The caller: a person, and the credential that speaks for them.

What a credential may do is said by scopes; what a person may read is said by groups (`permissions`).

    search            find passages and read them
    ask               ask questions, read one's own answers
    documents:read    see collections, documents, their text and files, jobs
    documents:write   upload, replace, remove, narrow readers, retry jobs
    webhooks          be told by webhook of what of one's own has ended: ids and states
    admin             people, groups, collections (only while its person is an administrator)
    audit             read the audit trail and whether it is whole (auditors and administrators)
    model:bare        the model without documents (API keys only, and only where the settings allow it)

A session has all that its person's roles give, but never `model:bare`; an API key has those it was made
with, and never more than its owner has now. A key of a service account that acts for a person has what both
may do, and reads what both may read.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from services import errors
from services.settings import Settings

Scope = Literal[
    "search", "ask", "documents:read", "documents:write", "webhooks", "audit", "admin", "model:bare"
]
Carrier = Literal["session", "api_key", "proxy"]
EVERYBODYS: frozenset[Scope] = frozenset({"search", "ask", "documents:read", "documents:write", "webhooks"})
AUDITORS: frozenset[Scope] = frozenset({"audit"})
ADMINS: frozenset[Scope] = frozenset({"audit", "admin"})
BARE: frozenset[Scope] = frozenset({"model:bare"})


@dataclass(frozen=True, slots=True)
class Grantee:
    """Whom something may be granted to: as one of some groups, or as themselves (nobody where empty)."""

    group_ids: frozenset[str]
    person_id: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """A person and the credential that speaks for them; made from a credential, never from a body."""

    person_id: str
    login: str
    name: str
    is_admin: bool
    """Whether this credential may administer: the person is an administrator and the scope is there."""
    group_ids: frozenset[str]
    scopes: frozenset[Scope]
    credential_id: str
    via: Carrier
    collection_ids: frozenset[str] | None = None
    """The only collections the credential reaches; None means all that the person does."""
    account_id: str = ""
    """The service account that acts for the person, if one does."""
    account_group_ids: frozenset[str] | None = None
    """That account's groups: what is read must be granted to these as well."""
    has_expired: bool = False
    """Whether what a provider or a proxy said of the person has expired: then nothing is granted to them."""

    def require(self, scope: Scope) -> None:
        if scope not in self.scopes:
            raise errors.Forbidden(f"This needs the scope {scope}")

    def require_admin(self) -> None:
        if not self.is_admin:
            raise errors.Forbidden("This is for administrators")

    def require_audit(self) -> None:
        if not self.is_admin and "audit" not in self.scopes:
            raise errors.Forbidden("This is for administrators and auditors")

    def require_session(self) -> None:
        if self.via == "api_key":
            raise errors.Forbidden("This needs a person who is signed in, not an API key")

    @property
    def grantees(self) -> list[Grantee]:
        """Each of these must be granted a thing: the person, and the account that acts for them."""
        theirs = [Grantee(self.group_ids, "" if self.has_expired else self.person_id)]
        if self.account_group_ids is None:
            return theirs
        return [*theirs, Grantee(self.account_group_ids, self.account_id)]

    @property
    def group_sets(self) -> list[frozenset[str]]:
        """The groups of each of them."""
        return [grantee.group_ids for grantee in self.grantees]

    def is_among(self, group_ids: Collection[str]) -> bool:
        """Whether the person, and the account that acts for them, is in one of these groups."""
        return all(groups.intersection(group_ids) for groups in self.group_sets)

    def reaches(self, collection_id: str) -> bool:
        """Whether the credential is not kept from this collection; what is granted is another question."""
        return self.collection_ids is None or collection_id in self.collection_ids


def session_scopes(is_admin: bool, is_auditor: bool = False) -> frozenset[Scope]:
    """What a person who is signed in may do."""
    return EVERYBODYS | (ADMINS if is_admin else frozenset()) | (AUDITORS if is_auditor else frozenset())


def keyable_scopes(is_admin: bool, settings: Settings, *, is_auditor: bool = False) -> frozenset[Scope]:
    """What a person may give to an API key at this moment."""
    return session_scopes(is_admin, is_auditor) | (BARE if settings.allow_bare_model else frozenset())
