"""Opening a session, the same for every way in; the token leaves in the cookie and is kept nowhere."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from services import audit
from services.database.session import now
from services.database.tables.identity import WebSession
from services.identity import credentials
from services.settings import Settings


@dataclass(frozen=True, slots=True)
class Opening:
    """A session just opened."""

    token: str
    person_id: str


def open_for(
    session: Session,
    settings: Settings,
    person_id: str,
    *,
    way: str,
    provider_sid: str = "",
    provider_tokens: str = "",
) -> Opening:
    """A new session of this person, whom the caller has made sure of; sessions that are over go away."""
    token = credentials.new_session_token()
    row = WebSession(
        token_digest=credentials.digest(token),
        person_id=person_id,
        expires_at=now() + timedelta(hours=settings.web.session_hours),
        provider_sid=provider_sid,
        provider_tokens=provider_tokens,
    )
    session.execute(delete(WebSession).where(WebSession.expires_at < now()))
    session.add(row)
    session.flush()
    audit.record(session, person_id, "session.opened", person_id, credential=row.id, way=way)
    return Opening(token, person_id)
