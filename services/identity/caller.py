"""The caller: a person, and the credential that speaks for them.

What a credential may do is said by scopes; what a person may read is said by groups (`permissions`).

    search            find passages and read them
    ask               ask questions, read one's own answers
    documents:read    see collections, documents, their text and files, jobs
    documents:write   upload, replace, remove, narrow readers, retry jobs
    webhooks          be told by webhook of what of one's own has ended: ids and states
    admin             people, groups, collections (only while its person is an administrator)
    model:bare        the model without documents (API keys only, and only where the settings allow it)

A session has all of them but `model:bare`; an API key has those it was made with, and never more than its
owner has now. A key of a service account that acts for a person has what both may do, and reads what both
may read.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from services import errors
from services.settings import Settings

Scope = Literal[
    "search", "ask", "documents:read", "documents:write", "webhooks", "admin", "model:bare"
]
Carrier = Literal["session", "api_key", "proxy"]
EVERYBODYS: frozenset[Scope] = frozenset({"search", "ask", "documents:read", "documents:write", "webhooks"})
ADMINS: frozenset[Scope] = frozenset({"admin"})
BARE: frozenset[Scope] = frozenset({"model:bare"})


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

    def require(self, scope: Scope) -> None:
        if scope not in self.scopes:
            raise errors.Forbidden(f"This needs the scope {scope}")

    def require_admin(self) -> None:
        if not self.is_admin:
            raise errors.Forbidden("This is for administrators")

    def require_session(self) -> None:
        if self.via == "api_key":
            raise errors.Forbidden("This needs a person who is signed in, not an API key")

    @property
    def group_sets(self) -> list[frozenset[str]]:
        """Each of these must be granted a thing."""
        theirs = [self.group_ids]
        return theirs if self.account_group_ids is None else [*theirs, self.account_group_ids]

    def is_among(self, group_ids: Collection[str]) -> bool:
        """Whether the person, and the account that acts for them, is in one of these groups."""
        return all(groups.intersection(group_ids) for groups in self.group_sets)

    def reaches(self, collection_id: str) -> bool:
        """Whether the credential is not kept from this collection; what is granted is another question."""
        return self.collection_ids is None or collection_id in self.collection_ids


def session_scopes(is_admin: bool) -> frozenset[Scope]:
    """What a person who is signed in may do."""
    return EVERYBODYS | ADMINS if is_admin else EVERYBODYS


def keyable_scopes(is_admin: bool, settings: Settings) -> frozenset[Scope]:
    """What a person may give to an API key at this moment."""
    return session_scopes(is_admin) | (BARE if settings.allow_bare_model else frozenset())
