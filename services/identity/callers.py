"""Who asks: the caller behind a request, found anew in SQL each time from its cookie or API key.

What a credential may do is said by scopes; what a person may read is said by groups (`permissions`).

    search            find passages and read them
    ask               ask questions, read one's own answers
    documents:read    see collections, documents, their text and files, jobs
    documents:write   upload, replace, remove, narrow readers, retry jobs
    admin             people, groups, collections (only while its person is an administrator)
    model:bare        the model without documents (API keys only, and only where the settings allow it)

A session has all of them but `model:bare`; an API key has those it was made with, and never more than its
owner has now.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from services import errors
from services.database.session import now
from services.database.tables.identity import Person
from services.dependencies import Opened
from services.identity import credentials, last_use, queries
from services.resources import Resources
from services.settings import Settings

Scope = Literal["search", "ask", "documents:read", "documents:write", "admin", "model:bare"]
EVERYBODYS: frozenset[Scope] = frozenset({"search", "ask", "documents:read", "documents:write"})
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
    via: Literal["session", "api_key"]

    def require(self, scope: Scope) -> None:
        if scope not in self.scopes:
            raise errors.Forbidden(f"This needs the scope {scope}")

    def require_admin(self) -> None:
        if not self.is_admin:
            raise errors.Forbidden("This is for administrators")

    def require_session(self) -> None:
        if self.via != "session":
            raise errors.Forbidden("This needs a person who is signed in, not an API key")


def identify(request: Request, resources: Resources) -> Caller:
    """The caller of a request, or errors.NotSignedIn; blocking, in a short transaction of its own.

    A long stream may call it again to learn whether its caller still is one.
    """
    key = credentials.presented_key(request)
    if key is not None:
        return _by_key(key, resources)
    token = credentials.presented_session(request, resources.settings)
    if token is None:
        raise errors.NotSignedIn()
    caller = _by_session(token, resources)
    credentials.refuse_forgery(request, resources.settings, token)
    return caller


def _by_session(token: str, resources: Resources) -> Caller:
    with resources.transactions.read() as session:
        found = queries.live_session(session, credentials.digest(token), now())
        if found is None:
            raise errors.NotSignedIn()
        return _caller(session, found.person, session_scopes(found.person.is_admin), found.id, "session")


def _by_key(key: str, resources: Resources) -> Caller:
    with resources.transactions.read() as session:
        found = queries.live_key(session, credentials.digest(key), now())
        if found is None:
            raise errors.NotSignedIn("The API key is unknown, expired or revoked")
        scopes = keyable_scopes(found.person.is_admin, resources.settings) & frozenset(found.scopes)
        caller = _caller(session, found.person, scopes, found.id, "api_key")
    last_use.note(resources.transactions, found.id, found.last_used_at)
    return caller


def session_scopes(is_admin: bool) -> frozenset[Scope]:
    """What a person who is signed in may do."""
    return EVERYBODYS | ADMINS if is_admin else EVERYBODYS


def keyable_scopes(is_admin: bool, settings: Settings) -> frozenset[Scope]:
    """What a person may give to an API key at this moment."""
    return session_scopes(is_admin) | (BARE if settings.allow_bare_model else frozenset())


def _caller(
    session: Session,
    person: Person,
    scopes: frozenset[Scope],
    credential_id: str,
    via: Literal["session", "api_key"],
) -> Caller:
    return Caller(
        person_id=person.id,
        login=person.login,
        name=person.name,
        is_admin=person.is_admin and "admin" in scopes,
        group_ids=queries.group_ids_of(session, person.id),
        scopes=scopes,
        credential_id=credential_id,
        via=via,
    )


def current_caller(request: Request, resources: Opened) -> Caller:
    return identify(request, resources)


CurrentCaller = Annotated[Caller, Depends(current_caller)]


def may(scope: Scope) -> Callable[[Caller], Caller]:
    """A dependency: the caller, refused with 403 where the credential lacks the scope."""

    def allowed(caller: CurrentCaller) -> Caller:
        caller.require(scope)
        return caller

    return allowed


def administrator(caller: CurrentCaller) -> Caller:
    caller.require_admin()
    return caller


def signed_in(caller: CurrentCaller) -> Caller:
    caller.require_session()
    return caller


MaySearch = Annotated[Caller, Depends(may("search"))]
MayAsk = Annotated[Caller, Depends(may("ask"))]
MayReadDocuments = Annotated[Caller, Depends(may("documents:read"))]
MayWriteDocuments = Annotated[Caller, Depends(may("documents:write"))]
MayAdminister = Annotated[Caller, Depends(administrator)]
SignedIn = Annotated[Caller, Depends(signed_in)]
