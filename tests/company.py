"""People with credentials around a library, made without the tenth of a second that each password costs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from services.database.session import now
from services.database.tables.identity import ApiKey, Group, Person, WebSession
from services.identity import credentials, queries
from services.identity.callers import Caller, session_scopes
from services.resources import Resources
from tests.library_of_texts import Library


@dataclass
class Company:
    """Shorthands: groups and documents are the library's, people and what they present are made here."""

    resources: Resources
    library: Library = field(init=False)
    people: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.library = Library(self.resources)

    def person(self, login: str, *groups: str, is_admin: bool = False) -> str:
        """A person in these groups; returns the id."""
        ids = [self.library.group(name) for name in groups]
        with self.resources.transactions.write() as session:
            joined = [session.get_one(Group, one) for one in ids]
            person = Person(login=login, name=login.title(), is_admin=is_admin, groups=joined)
            session.add(person)
            session.flush()
            self.people[login] = person.id
        return self.people[login]

    def key(self, login: str, *scopes: str) -> dict[str, str]:
        """Headers of a new API key with these scopes."""
        secret = credentials.new_api_key()
        row = ApiKey(
            person_id=self.people[login],
            name="app",
            prefix=secret[: credentials.SHOWN_PREFIX],
            key_digest=credentials.digest(secret),
            scopes=sorted(scopes),
            last_used_at=now(),  # noted already, so that nothing is written beside the test
        )
        with self.resources.transactions.write() as session:
            session.add(row)
        return {"Authorization": f"Bearer {secret}"}

    def session(self, login: str) -> dict[str, str]:
        """Headers of a signed-in browser's page."""
        settings, token = self.resources.settings, credentials.new_session_token()
        row = WebSession(token_digest=credentials.digest(token), person_id=self.people[login])
        row.expires_at = now() + timedelta(hours=1)
        with self.resources.transactions.write() as session:
            session.add(row)
        return {
            "Cookie": f"{credentials.cookie_name(settings)}={token}",
            credentials.CSRF_HEADER: credentials.csrf_token(settings, token),
        }

    def caller(self, login: str) -> Caller:
        """The caller this person is when signed in now."""
        row = WebSession(token_digest=credentials.digest(credentials.new_session_token()))
        row.expires_at = now() + timedelta(hours=1)
        with self.resources.transactions.write() as session:
            person = session.get_one(Person, self.people[login])
            row.person_id = person.id
            session.add(row)
            session.flush()
            groups = queries.group_ids_of(session, person.id)
        scopes = session_scopes(person.is_admin)
        return Caller(person.id, login, person.name, person.is_admin, groups, scopes, row.id, "session")

    def leave(self, login: str, group: str) -> None:
        """Take the person out of the group."""
        with self.resources.transactions.write() as session:
            person = session.get_one(Person, self.people[login])
            person.groups = [one for one in person.groups if one.name != group]

    def add(
        self, collection: str, name: str, texts: Sequence[str], *readers: str, **more: object
    ) -> list[str]:
        """A document in a new collection that these groups read; returns its chunks' ids."""
        return self.library.add(self.library.collection(collection, *readers), name, texts, **more)
