"""Signed tokens that count once."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services import errors
from services.database.session import now
from services.database.tables.identity import UsedToken

# Longer than any clock is wrong: a token is still taken a minute after its end.
KEPT_AFTER = timedelta(minutes=5)


def use_once(session: Session, signer: str, token_id: str, until: datetime) -> None:
    """Note a token as used; errors.SignInRefused where it was used before."""
    session.execute(delete(UsedToken).where(UsedToken.expires_at < now()))
    digest = hashlib.sha256(f"{signer}\0{token_id}".encode()).hexdigest()
    try:
        with session.begin_nested():
            session.add(UsedToken(digest=digest, expires_at=until + KEPT_AFTER))
    except IntegrityError as error:
        raise errors.SignInRefused("This token was used before; sign another one each time") from error
