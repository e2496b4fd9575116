"""How much a key, a person and a group may do: counted at the door, before anything is begun.

    requests   every request, in a minute
    uploads    documents sent, in an hour
    streams    answers being written at once, streamed or not
    tokens     of the model, in an hour: counted when an answer is done, in hundreds; who has none left is
               refused before the next one

A refused request counts nowhere. What happens while Redis is away is a setting (`limits.without_redis`):
everything passes uncounted, or nothing does.
"""

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from services import errors
from services.adapters.windows import Left, Window, Windows
from services.database.tables.identity import Group
from services.identity.caller import Caller
from services.identity.people import EVERYONE
from services.resources import Resources
from services.settings import Bounds, Limits

log = logging.getLogger(__name__)
Who = Literal["key", "person", "group"]
What = Literal["requests", "uploads", "streams", "tokens"]
MINUTE, HOUR = 60, 3600
TOKENS_EACH = 100
LEASE_S = 900.0
"""No answer takes so long: a stream whose api died holds its place no longer."""
AGAIN_S = 5
UPLOADS = frozenset({("POST", "/api/v1/documents")})
PLAYGROUND = ("POST", "/api/v1/playground")
ANSWERS = frozenset(
    {("POST", "/api/v1/answers"), ("POST", "/v1/chat/completions"), ("POST", "/mcp"), PLAYGROUND}
)
ASKS_MODEL = ANSWERS | {("POST", "/api/v1/answers:batch"), ("POST", "/v1/embeddings")}


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose doings are counted together."""

    who: Who
    id: str
    name: str
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Lease:
    """A place among the answers being written."""

    name: str
    holder: str


@dataclass(frozen=True, slots=True)
class Use:
    """How much of one bound is used; None where Redis does not say."""

    subject: Subject
    what: What
    limit: int
    seconds: int
    left: Left | None


def admit(request: Request, caller: Caller, resources: Resources) -> None:
    """Count the request; errors.TooManyRequests where a bound is reached. The leases lie in its state."""
    windows = resources.windows
    if windows is None or not resources.settings.limits.are_set:
        return
    route = _route(request)
    try:
        _admit(request, route, subjects(caller, resources), windows)
    except errors.QueueUnavailable as error:
        if resources.settings.limits.without_redis == "refuse":
            raise errors.QueueUnavailable("Limits cannot be counted now", retry_after=AGAIN_S) from error
        log.warning("limits are not counted", extra={"code": error.code})


def _route(request: Request) -> tuple[str, str]:
    path = request.url.path.rstrip("/")
    if path.startswith("/api/v1/answers/") and path.endswith("/replay"):
        path = "/api/v1/answers"  # a replay asks the model as a question does
    return request.method, path


def _admit(request: Request, route: tuple[str, str], found: list[Subject], windows: Windows) -> None:
    if route in ASKS_MODEL:
        _require_tokens(found, windows)
    leases = _hold(found, windows) if route in ANSWERS else []
    request.state.leases = leases  # given back when the request is over, however it ends
    counted = list(_windows(found, "requests"))
    if route in UPLOADS:
        counted += _windows(found, "uploads")
    full = windows.take([window for _subject, window in counted])
    if full is not None:
        raise _refusal("requests" if full.seconds == MINUTE else "uploads", windows.left(full))


def require_tokens(caller: Caller, resources: Resources) -> None:
    """For what is asked apart from a request; errors.TooManyRequests where none are left."""
    windows = resources.windows
    if windows is None or not resources.settings.limits.are_set:
        return
    try:
        _require_tokens(subjects(caller, resources), windows)
    except errors.QueueUnavailable:
        if resources.settings.limits.without_redis == "refuse":
            raise


def _require_tokens(found: list[Subject], windows: Windows) -> None:
    for _subject, window in _windows(found, "tokens"):
        left = windows.left(window)
        if not left.remaining:
            raise _refusal("tokens", left)


def _hold(found: list[Subject], windows: Windows) -> list[Lease]:
    leases: list[Lease] = []
    for subject in found:
        if subject.bounds.streams:
            name = f"streams:{subject.who}:{subject.id}"
            try:
                holder = windows.hold(name, subject.bounds.streams, LEASE_S)
            except errors.QueueUnavailable:
                release(leases, windows)
                raise
            if holder is None:
                release(leases, windows)
                raise errors.TooManyRequests(
                    "Too many answers are being written for you", retry_after=AGAIN_S
                )
            leases.append(Lease(name, holder))
    return leases


def release(leases: list[Lease], windows: Windows) -> None:
    """Give the places back; what cannot be given back ends by itself."""
    try:
        for lease in leases:
            windows.release(lease.name, lease.holder)
    except errors.QueueUnavailable as error:
        log.warning("places of answers end by themselves", extra={"code": error.code})


def spend(caller: Caller, tokens: int, resources: Resources) -> None:
    """Count what an answer took, after it was given; never fails it."""
    windows = resources.windows
    if windows is None or tokens <= 0 or not resources.settings.limits.are_set:
        return
    try:
        for _subject, window in _windows(subjects(caller, resources), "tokens"):
            windows.spend(window, math.ceil(tokens / TOKENS_EACH))
    except errors.Unavailable as error:
        log.warning("tokens are not counted", extra={"code": error.code})


def uses(caller: Caller, resources: Resources) -> list[Use]:
    """Every bound that counts for the caller, with what is left of it."""
    found = subjects(caller, resources)
    spans: list[tuple[What, int]] = [("requests", MINUTE), ("uploads", HOUR), ("tokens", HOUR)]
    told = []
    for what, seconds in spans:
        for subject, window in _windows(found, what):
            unit = TOKENS_EACH if what == "tokens" else 1
            told.append(Use(subject, what, window.amount * unit, seconds, _left(window, unit, resources)))
    for subject in found:
        if subject.bounds.streams:
            told.append(Use(subject, "streams", subject.bounds.streams, 0, _places(subject, resources)))
    return told


def subjects(caller: Caller, resources: Resources) -> list[Subject]:
    """The key, the person and the groups that bounds are set for."""
    limits = resources.settings.limits
    found = [Subject("person", caller.person_id, caller.login, limits.person)]
    if caller.via == "api_key":
        found.append(Subject("key", caller.credential_id, "", limits.key))
    if limits.group.are_set or limits.groups:
        with resources.transactions.read() as session:
            found += _groups(session, caller, limits)
    return [subject for subject in found if subject.bounds.are_set]


def _groups(session: Session, caller: Caller, limits: Limits) -> list[Subject]:
    theirs = select(Group.id, Group.name).where(Group.id.in_(sorted(caller.group_ids))).order_by(Group.name)
    return [
        # Everyone together is bounded only where somebody says so.
        Subject(
            "group", group_id, name, limits.groups.get(name, Bounds() if name == EVERYONE else limits.group)
        )
        for group_id, name in session.execute(theirs)
    ]


def _windows(found: list[Subject], what: What) -> Iterator[tuple[Subject, Window]]:
    for subject in found:
        amount, seconds = {
            "requests": (subject.bounds.requests_per_minute, MINUTE),
            "uploads": (subject.bounds.uploads_per_hour, HOUR),
            "tokens": (math.ceil(subject.bounds.tokens_per_hour / TOKENS_EACH), HOUR),
            "streams": (0, 0),
        }[what]
        if amount:
            yield subject, Window(f"{what}:{subject.who}:{subject.id}", amount, seconds)


def _left(window: Window, unit: int, resources: Resources) -> Left | None:
    try:
        left = resources.windows.left(window) if resources.windows else None
    except errors.QueueUnavailable:
        return None
    return Left(left.remaining * unit, left.more_in_s) if left else None


def _places(subject: Subject, resources: Resources) -> Left | None:
    if resources.windows is None:
        return None
    try:
        held = resources.windows.held(f"streams:{subject.who}:{subject.id}")
    except errors.QueueUnavailable:
        return None
    return Left(max(0, subject.bounds.streams - held), 0.0)


def _refusal(what: What, left: Left) -> errors.TooManyRequests:
    again_s = max(1, math.ceil(left.more_in_s))
    return errors.TooManyRequests(f"Your {what} are used up; try again later", retry_after=again_s)
