"""Wire shapes of the report."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

Severity = Literal["high", "medium", "low"]


class DocumentRef(BaseModel):
    id: str
    name: str
    collection: str


class Finding(BaseModel):
    """One thing to fix; findings come in the order in which to fix them."""

    code: str
    severity: Severity
    title: str
    count: int
    what_to_do: str
    examples: list[DocumentRef]


class NearDuplicates(BaseModel):
    """Documents that are nearly the same text."""

    documents: list[DocumentRef]


class Contradiction(BaseModel):
    """Two documents of nearly the same text whose numbers or dates differ."""

    first: DocumentRef
    second: DocumentRef
    likeness: float
    only_first: list[str]
    only_second: list[str]


class Bar(BaseModel):
    """One bar of a chart."""

    label: str
    count: int


class GroupWithoutMembers(BaseModel):
    id: str
    name: str
    collections: list[str]


class CorpusReport(BaseModel):
    """Is this corpus fit to answer from? Over the documents the caller may read; lists are cut at 100."""

    made_at: datetime
    documents: int
    answering: int
    tokens: int
    stale_after_days: int
    findings: list[Finding]
    states: list[Bar]
    unreadable: list[Bar]
    languages: list[Bar]
    ages: list[Bar]
    token_sizes: list[Bar]
    near_duplicate_groups: int
    near_duplicates: list[NearDuplicates]
    contradictions_found: int
    contradictions: list[Contradiction]
    groups_without_members: list[GroupWithoutMembers]
