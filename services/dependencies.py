"""What routes ask for: a transaction that commits before the reply, the resources, a page of a list."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request
from sqlalchemy.orm import Session

from services import errors
from services.resources import Resources


def opened(request: Request) -> Resources:
    """The process's adapters, opened once by the app's lifespan."""
    resources: Resources = request.app.state.resources
    return resources


Opened = Annotated[Resources, Depends(opened)]


def in_transaction(resources: Opened) -> Iterator[Session]:
    """One writing transaction for the request."""
    with resources.transactions.write() as session:
        yield session


def in_reading(resources: Opened) -> Iterator[Session]:
    """One transaction that only reads."""
    with resources.transactions.read() as session:
        yield session


# "function" scope: with the default the client would hold its reply before the commit.
Transaction = Annotated[Session, Depends(in_transaction, scope="function")]
Reading = Annotated[Session, Depends(in_reading, scope="function")]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of a list is asked for; `after` is the last key of the page before, or empty."""

    after: str
    limit: int


def page_request(
    cursor: Annotated[str, Query(max_length=400)] = "", limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> PageRequest:
    try:
        return PageRequest(base64.urlsafe_b64decode(cursor.encode()).decode(), limit)
    except (binascii.Error, UnicodeDecodeError) as error:
        raise errors.InvalidRequest("The cursor is not one of ours; start without it") from error


def next_cursor(key: str | None) -> str | None:
    """The cursor a page ends with: the last row's key, wrapped so that nobody builds on its form."""
    return base64.urlsafe_b64encode(key.encode()).decode() if key else None


Page = Annotated[PageRequest, Depends(page_request)]
