"""`make full-instance`: how soon every view can be used where 10,000 documents and 1,000 conversations are.

The rows are written straight into SQL, so that filling takes seconds; searching them is measured elsewhere
(`make bench-search`). Not part of the usual run: pytest takes this file only where it is named.
"""

import statistics
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser
from sqlalchemy import insert
from sqlalchemy.orm import Session

from services.database.session import now
from services.database.tables.answers import DONE, REFUSED, Answer, AnswerSource, Conversation
from services.database.tables.base import new_id
from services.database.tables.library import VISIBLE, Document, Version
from services.resources import Resources
from tests.browser.conftest import Visit, administrator
from tests.browser.test_accessible import settled
from tests.company import Company
from tests.quality import figures
from tests.quality.figures import Figure

pytestmark = pytest.mark.browser
DOCUMENTS, CONVERSATIONS = 10_000, 1_000
VISITS = 3
TARGET_MS = 1000
VIEWS = [
    "/",
    "/search",
    "/library",
    "/library/rules",
    "/documents/{document}",
    "/bulks",
    "/sources",
    "/gaps",
    "/conversations",
    "/answers/{answer}",
    "/account/keys",
    "/admin",
    "/admin/people",
    "/admin/groups",
    "/admin/model",
    "/admin/cost",
    "/admin/playground",
    "/admin/evaluations",
    "/admin/drift",
    "/admin/releases",
    "/admin/settings",
    "/admin/audit",
]


@pytest.fixture
def full(company: Company, document: str, resources: Resources) -> str:
    """The instance filled around one real document; returns an answer of the administrator's."""
    with resources.transactions.write() as session:
        model = session.get_one(Document, document)
        versions = list(_documents(session, model))
        return _answers(session, company.people["ida"], versions)


def _documents(session: Session, like: Document) -> Iterator[str]:
    """Documents that hold what that one holds, under names of their own."""
    newest = like.versions[-1]
    ids = [(new_id(), new_id()) for _ in range(DOCUMENTS)]
    named = {"collection_id": like.collection_id, "scope_id": like.scope_id, "created_at": now()}
    session.execute(
        insert(Document),
        [named | {"id": one, "name": f"handbook-{place:05}.md"} for place, (one, _) in enumerate(ids)],
    )
    kept = (
        "file_digest",
        "file_bytes",
        "media_type",
        "text_digest",
        "vectors_digest",
        "page_spans",
        "published_at",
    )
    told = {name: getattr(newest, name) for name in kept} | {"state": VISIBLE, "number": 1}
    session.execute(insert(Version), [told | {"id": two, "document_id": one} for one, two in ids])
    yield from (two for _, two in ids)


def _answers(session: Session, person_id: str, versions: list[str]) -> str:
    """A conversation of one answer each, over the last months; returns the newest answer."""
    moments = [now() - timedelta(hours=place) for place in range(CONVERSATIONS)]
    talks = [
        {"id": new_id(), "person_id": person_id, "title": f"Question {n}", "created_at": at, "asked_at": at}
        for n, at in enumerate(moments)
    ]
    session.execute(insert(Conversation), talks)
    usage, timings = {"prompt_tokens": 900, "completion_tokens": 90}, {"prompt": 90.0, "model": 2000.0}
    rows = [
        {"id": new_id(), "asked_by": person_id, "conversation_id": talk["id"], "question": talk["title"],
         "policy": "strict", "state": REFUSED if n % 5 == 0 else DONE, "kind": "generated", "text": "Yes.",
         "usage": usage, "timings": timings, "created_at": talk["created_at"]}
        for n, talk in enumerate(talks)
    ]  # fmt: skip
    session.execute(insert(Answer), rows)
    sources = [{"answer_id": row["id"], "version_id": versions[n]} for n, row in enumerate(rows)]
    session.execute(insert(AnswerSource), sources)
    return str(rows[0]["id"])


def milliseconds(visit: Visit, view: str) -> float:
    """From the address to a view that waits for nothing any more."""
    began = time.perf_counter()
    visit.open(view)
    settled(visit.page)
    return (time.perf_counter() - began) * 1000


def test_every_view_of_a_full_instance_can_be_used_within_a_second(
    chromium: Browser, address: str, company: Company, document: str, full: str
) -> None:
    took: dict[str, float] = {}
    with administrator(chromium, address, company) as visit:
        for view in (one.format(document=document, answer=full) for one in VIEWS):
            milliseconds(visit, view)
            took[view] = statistics.median(milliseconds(visit, view) for _ in range(VISITS))
        visit.require_quiet()
    slowest = max(took, key=lambda view: took[view])
    value = statistics.quantiles(took.values(), n=20)[-1]
    detail = f"{len(took)} views; the slowest {slowest} {took[slowest]:.0f} ms"
    name, target = "full_instance_view_p95_ms", f"≤ {TARGET_MS}"
    figures.write(
        "full_instance", [Figure(name, round(value, 1), "ms", target, "make full-instance", detail)]
    )
