"""Wire shapes of who asks."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from services.database.tables.identity import ApiKey, Group, OutsideIdentity, Person
from services.identity import keys, passwords, people
from services.identity.caller import Scope

# PostgreSQL cannot store a NUL character; nobody's name has one.
WITHOUT_NUL = r"^[^\x00]*$"
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=WITHOUT_NUL)
]
FullName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=WITHOUT_NUL)]
Login = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=WITHOUT_NUL)
]
TypedPassword = Annotated[SecretStr, Field(max_length=passwords.MAX_LENGTH)]
NewPassword = Annotated[SecretStr, Field(min_length=passwords.MIN_LENGTH, max_length=passwords.MAX_LENGTH)]
RowId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
RowIds = Annotated[frozenset[RowId], Field(max_length=10_000)]


class Received(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SignIn(Received):
    login: Annotated[str, Field(max_length=200)]
    password: TypedPassword


class PasswordChange(Received):
    current_password: TypedPassword
    new_password: NewPassword


class PersonCreate(Received):
    login: Login
    name: FullName = ""
    password: NewPassword
    group_ids: RowIds = frozenset()
    is_admin: bool = False
    is_auditor: bool = False


class PersonUpdate(Received):
    name: FullName | None = None
    password: NewPassword | None = None
    group_ids: RowIds | None = None
    is_admin: bool | None = None
    is_auditor: bool | None = None
    is_active: bool | None = None

    def as_change(self) -> people.PersonChange:
        return people.PersonChange(
            name=self.name,
            password_hash=hashed(self.password) if self.password else None,
            is_admin=self.is_admin,
            is_auditor=self.is_auditor,
            is_active=self.is_active,
            group_ids=self.group_ids,
        )


class GroupCreate(Received):
    name: Name


class MembersUpdate(Received):
    person_ids: RowIds


class ApiKeyCreate(Received):
    """`collection_ids` keeps the key to these collections; without it, it reaches all that its owner does."""

    name: Name
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    expires_in_days: Annotated[int, Field(ge=1, le=3650)] | None = 90
    collection_ids: Annotated[frozenset[RowId], Field(min_length=1, max_length=1000)] | None = None

    def as_wanted(self) -> keys.WantedKey:
        return keys.WantedKey(self.name, self.scopes, self.expires_in_days, self.collection_ids)


class KeyRotation(Received):
    """How long the old key lasts beside the new one."""

    overlap_hours: Annotated[float, Field(ge=0, le=720)] = 24


class GroupName(BaseModel):
    id: str
    name: str


class GroupPublic(GroupName):
    member_count: int
    created_at: datetime

    @classmethod
    def of(cls, group: Group, member_count: int) -> Self:
        return cls(id=group.id, name=group.name, member_count=member_count, created_at=group.created_at)


class GroupPage(BaseModel):
    items: list[GroupPublic]
    next_cursor: str | None


class KnownFrom(BaseModel):
    """Who signs the person in elsewhere, and what they are called there for good; a login is only a label."""

    issuer: str
    subject: str


class PersonPublic(BaseModel):
    """A person, with the roles that were given here; `whoami` tells its caller of all roles."""

    id: str
    login: str
    name: str
    is_admin: bool
    is_auditor: bool
    is_active: bool
    groups: list[GroupName]
    created_at: datetime
    known_from: KnownFrom | None

    @classmethod
    def of(cls, person: Person, known: OutsideIdentity | None = None) -> Self:
        return cls(
            id=person.id,
            login=person.login,
            name=person.name,
            is_admin=person.is_admin,
            is_auditor=person.is_auditor,
            is_active=person.is_active,
            groups=group_names(person.groups),
            created_at=person.created_at,
            known_from=KnownFrom(issuer=known.issuer, subject=known.subject) if known else None,
        )


class PersonPage(BaseModel):
    items: list[PersonPublic]
    next_cursor: str | None


class SessionPerson(BaseModel):
    id: str
    login: str
    name: str
    is_admin: bool
    is_auditor: bool
    """Whether they may read the audit trail, as administrators may, too."""
    groups: list[GroupName]


class SessionPublic(BaseModel):
    person: SessionPerson
    csrf_token: str | None
    """None for an API key, which needs none."""
    scopes: list[Scope]


class ApiKeyPublic(BaseModel):
    id: str
    name: str
    prefix: str
    scopes: list[Scope]
    collection_ids: list[str] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        return cls.model_validate(key, from_attributes=True)


class ApiKeyPage(BaseModel):
    items: list[ApiKeyPublic]
    next_cursor: str | None


class ApiKeyCreated(ApiKeyPublic):
    key: str
    """The secret itself; this reply is the only place that ever holds it."""


def hashed(password: SecretStr) -> str:
    return passwords.hash_password(password.get_secret_value())


def group_names(groups: list[Group]) -> list[GroupName]:
    return [GroupName(id=group.id, name=group.name) for group in groups]
