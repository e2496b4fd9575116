"""What routes ask for: the caller behind the request, with the scope or the standing that they need.

How a caller is found is said in `recognition`, what one is in `caller`.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from services.dependencies import Opened
from services.identity import limits
from services.identity.caller import Caller, Scope, keyable_scopes, session_scopes
from services.identity.recognition import identify, look_again, now_in, renew

__all__ = [
    "Caller",
    "CurrentCaller",
    "MayAdminister",
    "MayAsk",
    "MayAudit",
    "MayReadDocuments",
    "MaySearch",
    "MayUseWebhooks",
    "MayWriteDocuments",
    "Scope",
    "SignedIn",
    "administrator",
    "current_caller",
    "identify",
    "keyable_scopes",
    "look_again",
    "may",
    "now_in",
    "renew",
    "session_scopes",
    "signed_in",
]


def current_caller(request: Request, resources: Opened) -> Caller:
    caller = identify(request, resources)
    request.state.caller = caller  # whom a refusal is recorded of
    limits.admit(request, caller, resources)
    return caller


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


def auditor(caller: CurrentCaller) -> Caller:
    caller.require_audit()
    return caller


def signed_in(caller: CurrentCaller) -> Caller:
    caller.require_session()
    return caller


MaySearch = Annotated[Caller, Depends(may("search"))]
MayAsk = Annotated[Caller, Depends(may("ask"))]
MayReadDocuments = Annotated[Caller, Depends(may("documents:read"))]
MayUseWebhooks = Annotated[Caller, Depends(may("webhooks"))]
MayWriteDocuments = Annotated[Caller, Depends(may("documents:write"))]
MayAdminister = Annotated[Caller, Depends(administrator)]
MayAudit = Annotated[Caller, Depends(auditor)]
SignedIn = Annotated[Caller, Depends(signed_in)]
