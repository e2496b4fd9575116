"""The callers of the permission matrix: every role, and every credential that one may come with."""

import secrets
import time
from dataclasses import dataclass, field

from joserfc import jwt
from joserfc.jwk import OKPKey

from services.database.tables.identity import ApiKey, Person, ServiceAccount
from services.database.tables.library import CollectionGrant, CollectionPerson
from services.identity import assertions, credentials
from tests.company import Company

EVERYBODYS = ("search", "ask", "documents:read", "documents:write", "webhooks")
SCOPES = (*EVERYBODYS, "audit", "admin", "model:bare")
STRANGERS = ("anonymous", "bad key", "suspended", "suspended key")
PEOPLE = ("ada", "con", "oth", "cyd", "ben", "aud", "admin")
"""Curates the ledger; contributes to it; contributes to another collection; reads the ledger; knows nothing
of it; audits and knows nothing of it; administers and is granted nothing."""
KEYS = tuple(f"key {scope}" for scope in SCOPES)
BOUNDED = ("elsewhere", "acting")
"""A key of ada's for another collection only; a service account that acts for ada."""
KINDS = (*STRANGERS, *PEOPLE, *KEYS, *BOUNDED)
PRIVATE = OKPKey.generate_key("Ed25519")


def holder(kind: str) -> str:
    """Whose rights a kind has; keys of everybody's scopes are ada's."""
    return {"key admin": "admin", "key audit": "aud"}.get(kind, "ada" if kind.startswith("key ") else kind)


def may_come_in(kind: str, asked: frozenset[str]) -> bool:
    """Whether the credential has one of the scopes that a route asks for."""
    if "known" in asked:
        return True
    if kind in KEYS:
        return kind.removeprefix("key ") in asked
    if kind in BOUNDED:
        return bool(asked & set(EVERYBODYS))
    theirs = {"session", *EVERYBODYS}
    theirs |= {"admin": {"admin", "audit"}, "aud": {"audit"}}.get(kind, set())
    return bool(asked & theirs)


def signed_for(account_id: str, person: str) -> str:
    """An assertion that the account acts for this person."""
    at = int(time.time())
    claims = {"iss": account_id, "aud": assertions.AUDIENCE, "sub": person}
    claims |= {"iat": at, "exp": at + 300, "jti": secrets.token_hex(8)}
    return jwt.encode({"alg": "Ed25519"}, claims, PRIVATE, algorithms=["Ed25519"])


@dataclass
class Callers:
    """Makes the people once, and what each presents with a request."""

    company: Company
    headers_of: dict[str, dict[str, str]] = field(default_factory=dict)
    account_id: str = ""

    def people(self, collection: str) -> None:
        """Everybody around a collection that `readers` read and `clerks` curate."""
        company = self.company
        company.person("ada", "everyone", "clerks")
        company.person("con", "everyone")
        company.person("oth", "everyone", "neighbours")
        company.person("cyd", "everyone", "readers")
        company.person("ben", "everyone", "others")
        company.person("aud", "everyone", "others")
        company.person("admin", "everyone", is_admin=True)
        company.person("suspended", "everyone", "clerks")
        annex = company.library.collection("annex", "clerks")
        clerks, neighbours = company.library.group("clerks"), company.library.group("neighbours")
        with company.resources.transactions.write() as session:
            session.add(CollectionGrant(collection_id=collection, group_id=clerks, access="curate"))
            session.add(CollectionGrant(collection_id=annex, group_id=neighbours, access="contribute"))
            session.add(
                CollectionPerson(
                    collection_id=collection, person_id=company.people["con"], access="contribute"
                )
            )
            session.get_one(Person, company.people["aud"]).is_auditor = True
        self._bound_keys(annex)
        self._suspend()

    def headers(self, kind: str) -> dict[str, str]:
        """What this kind of caller sends."""
        if kind == "acting":
            return self.headers_of[kind] | {assertions.HEADER: signed_for(self.account_id, "ada")}
        if kind in KEYS and kind not in self.headers_of:
            self.headers_of[kind] = self.company.key(holder(kind), kind.removeprefix("key "))
        return self.headers_of[kind] if kind in self.headers_of else self.company.session(kind)

    def _bound_keys(self, annex: str) -> None:
        company = self.company
        self.headers_of["anonymous"] = {}
        self.headers_of["bad key"] = {"Authorization": "Bearer hf_" + "A" * 43}
        self.headers_of["elsewhere"] = company.key("ada", *EVERYBODYS)
        secret = self.headers_of["elsewhere"]["Authorization"].removeprefix("Bearer ")
        self.account_id = company.person("the-robot", "everyone", "clerks")
        self.headers_of["acting"] = company.key("the-robot", *EVERYBODYS)
        with company.resources.transactions.write() as session:
            found = session.query(ApiKey).filter_by(key_digest=credentials.digest(secret)).one()
            found.collection_ids = [annex]
            pem = PRIVATE.as_pem(private=False).decode()
            session.add(
                ServiceAccount(person_id=self.account_id, public_key=pem, created_by=company.people["admin"])
            )

    def _suspend(self) -> None:
        company = self.company
        self.headers_of["suspended key"] = company.key("suspended", *EVERYBODYS)
        self.headers_of["suspended"] = company.session("suspended")
        with company.resources.transactions.write() as session:
            session.get_one(Person, company.people["suspended"]).is_active = False
