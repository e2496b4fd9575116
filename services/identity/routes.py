"""The doors of who asks: the session and one's own API keys (`admin_routes`: people and groups)."""

from datetime import timedelta

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from services import errors
from services.database.tables.identity import Person
from services.dependencies import Opened, Reading, Transaction
from services.identity import (
    account_routes,
    admin_routes,
    cookies,
    credentials,
    keys,
    outside_routes,
    queries,
    sign_in,
    viewing_routes,
    whoami,
)
from services.identity.callers import Caller, CurrentCaller, Scope, SignedIn, keyable_scopes, session_scopes
from services.identity.schemas import (
    ApiKeyCreate,
    ApiKeyCreated,
    ApiKeyPage,
    ApiKeyPublic,
    KeyRotation,
    PasswordChange,
    RowId,
    SessionPerson,
    SessionPublic,
    SignIn,
    group_names,
)
from services.settings import Settings

router = APIRouter(prefix="/api/v1", tags=["identity"])
router.include_router(admin_routes.router)
router.include_router(outside_routes.router)
router.include_router(account_routes.router)
router.include_router(viewing_routes.router)


def own_page_only(request: Request) -> None:
    # There is no session yet whose token could be asked for: signing someone in from afar is refused here.
    credentials.refuse_foreign_origin(request)


@router.post("/session", dependencies=[Depends(own_page_only)])
def open_session(body: SignIn, request: Request, response: Response, resources: Opened) -> SessionPublic:
    opening = sign_in.open_session(resources, body.login, body.password.get_secret_value(), _address(request))
    cookies.set_session(response, resources.settings, opening.token)
    with resources.transactions.read() as session:
        person = _person(session, opening.person_id)
    scopes = session_scopes(person.is_admin, person.is_auditor)
    return _session_public(resources.settings, person, scopes, opening.token)


@router.get("/session")
def read_session(
    caller: CurrentCaller, session: Reading, request: Request, response: Response, resources: Opened
) -> SessionPublic:
    response.headers["Cache-Control"] = "no-store"
    return SessionPublic(
        person=SessionPerson(
            id=caller.person_id,
            login=caller.login,
            name=caller.name,
            is_admin=caller.is_admin,
            is_auditor="audit" in caller.scopes,
            groups=whoami.named(session, caller.group_ids),
        ),
        csrf_token=_csrf_token(caller, request, resources.settings),
        scopes=sorted(caller.scopes),
    )


@router.delete("/session", status_code=204)
def close_session(caller: SignedIn, session: Transaction, response: Response, resources: Opened) -> None:
    sign_in.close_session(session, caller)
    cookies.clear_session(response, resources.settings)


@router.put("/session/password", status_code=204)
def change_password(
    caller: SignedIn, body: PasswordChange, request: Request, response: Response, resources: Opened
) -> None:
    sign_in.change_own_password(
        resources,
        caller,
        body.current_password.get_secret_value(),
        body.new_password.get_secret_value(),
        _address(request),
    )
    cookies.clear_session(response, resources.settings)


@router.get("/api-keys")
def list_keys(caller: SignedIn, session: Reading) -> ApiKeyPage:
    items = [ApiKeyPublic.of(key) for key in queries.keys_of(session, caller.person_id)]
    return ApiKeyPage(items=items, next_cursor=None)


@router.post("/api-keys", status_code=201)
def create_key(
    caller: SignedIn, body: ApiKeyCreate, session: Transaction, response: Response, resources: Opened
) -> ApiKeyCreated:
    key, secret = keys.create_key(
        session,
        caller,
        keyable_scopes(caller.is_admin, resources.settings, is_auditor="audit" in caller.scopes),
        body.as_wanted(),
    )
    response.headers["Cache-Control"] = "no-store"
    return ApiKeyCreated(**ApiKeyPublic.of(key).model_dump(), key=secret)


@router.post("/api-keys/{key_id}/rotation", status_code=201)
def rotate_key(
    caller: SignedIn, key_id: RowId, body: KeyRotation, session: Transaction, response: Response
) -> ApiKeyCreated:
    """Another key in the place of this one, which lasts a while longer so that nothing breaks meanwhile."""
    key, secret = keys.rotate_key(session, caller, key_id, timedelta(hours=body.overlap_hours))
    response.headers["Cache-Control"] = "no-store"
    return ApiKeyCreated(**ApiKeyPublic.of(key).model_dump(), key=secret)


@router.delete("/api-keys/{key_id}", status_code=204)
def revoke_key(caller: SignedIn, key_id: RowId, session: Transaction) -> None:
    keys.revoke_key(session, caller, key_id)


def _csrf_token(caller: Caller, request: Request, settings: Settings) -> str | None:
    if caller.via == "proxy":
        return credentials.csrf_token(settings, credentials.by_proxy(caller.person_id))
    token = credentials.presented_session(request, settings) if caller.via == "session" else None
    return credentials.csrf_token(settings, token) if token else None


def _person(session: Session, person_id: str) -> Person:
    person = queries.person_with_groups(session, person_id)
    if person is None:
        raise errors.NotSignedIn()
    return person


def _session_public(
    settings: Settings, person: Person, scopes: frozenset[Scope], token: str | None
) -> SessionPublic:
    return SessionPublic(
        person=SessionPerson(
            id=person.id,
            login=person.login,
            name=person.name,
            is_admin=person.is_admin,
            is_auditor="audit" in scopes,
            groups=group_names(person.groups),
        ),
        csrf_token=credentials.csrf_token(settings, token) if token else None,
        scopes=sorted(scopes),
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
