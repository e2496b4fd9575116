"""The report over REST: what it finds, for whom, as JSON and as a page."""

import json
import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from services import audit
from services.app import create_app
from services.corpus import routes
from services.database.session import now
from services.database.tables.audit import AuditEntry
from services.database.tables.identity import Person
from services.database.tables.library import ChunkRow, CollectionGrant, Document, Version
from services.database.tables.runs import Run
from services.database.tables.sources import Source, SourceItem
from tests.company import Company

ADDRESS = "/api/v1/corpus/report"
POLICY = (
    "Employees who have worked here for more than two years are entitled to {days} days of paid leave. "
    "Requests go to the head of the department by the end of October, who answers within ten working days."
)


@pytest.fixture
def company(resources) -> Company:
    """Ada fills the handbook, Ben reads it, Cy fills payroll, which ada may not know of."""
    company = Company(resources)
    company.person("ada", "clerks")
    company.person("ben", "staff")
    company.person("cy", "payers")
    company.person("root", "staff", is_admin=True)
    for name, group, readers in (("handbook", "clerks", ["staff"]), ("payroll", "payers", [])):
        collection = company.library.collection(name, *readers)
        grant = CollectionGrant(
            collection_id=collection, group_id=company.library.group(group), access="curate"
        )
        with resources.transactions.write() as session:
            session.add(grant)
    return company


@pytest.fixture
def client(resources, company):
    with TestClient(create_app(resources.settings, resources)) as client:
        yield client


@pytest.fixture
def put(company):
    """Publishes a document of the handbook, or of another collection; returns its id."""

    def publish(name, *texts, collection="handbook", **more):
        chunks = company.library.add(company_collection(company, collection), name, texts, **more)
        return company.library.document_of(chunks[0])

    return publish


def company_collection(company, name):
    from services.database.tables.library import Collection

    with company.resources.transactions.read() as session:
        return session.scalars(select(Collection.id).where(Collection.name == name)).one()


@pytest.fixture
def ask(client, company):
    def report(login="ada", **query):
        reply = client.get(ADDRESS, params=query, headers=company.session(login))
        assert reply.status_code == 200, reply.text
        return reply.json()

    return report


def findings(report):
    return {finding["code"]: finding["count"] for finding in report["findings"]}


def change(company, statement):
    with company.resources.transactions.write() as session:
        session.execute(statement)


def owned(company, login="ada"):
    change(company, update(Document).values(created_by=company.people[login]))


def test_a_sound_corpus_has_nothing_to_fix(company, put, ask):
    put("leave.md", POLICY.format(days=30))
    owned(company)
    report = ask()
    assert (report["documents"], report["answering"], report["findings"]) == (1, 1, [])
    assert report["tokens"] > 20


def test_contradictions_come_first_and_name_what_differs(company, put, ask):
    put("leave-2024.md", POLICY.format(days=28))
    put("leave-2025.md", POLICY.format(days=30))
    put("copy.md", POLICY.format(days=30))
    report = ask()
    assert report["findings"][0]["code"] == "contradictions"
    pairs = [
        {pair["first"]["name"]: pair["only_first"], pair["second"]["name"]: pair["only_second"]}
        for pair in report["contradictions"]
    ]
    assert {"leave-2024.md": ["28"], "leave-2025.md": ["30"]} in pairs
    (group,) = report["near_duplicates"]
    assert {one["name"] for one in group["documents"]} == {"copy.md", "leave-2025.md"}
    assert findings(report)["near_duplicates"] == 1


def test_what_was_not_read_is_counted_with_its_reason(company, put, ask):
    put("fine.md", POLICY.format(days=30))
    broken = put("broken.pdf", "was readable")
    with company.resources.transactions.write() as session:
        document = session.get_one(Document, broken)
        version = Version(
            document_id=broken, number=2, state="failed", file_digest="a" * 64, file_bytes=1, media_type="x"
        )
        document.versions.append(version)
        session.flush()
        session.add(Run(kind="ingest", subject=version.id, state="failed", error_code="password"))
    report = ask()
    assert report["unreadable"] == [{"label": "password", "count": 1}]
    assert {bar["label"]: bar["count"] for bar in report["states"]} == {"visible": 1, "failed": 1}
    assert findings(report)["unreadable"] == 1
    assert report["answering"] == 2


def test_small_old_and_ownerless_documents_and_lost_tables_are_found(company, put, ask):
    put("tiny.md", "See intranet.")
    put("old.md", POLICY.format(days=30))
    change(company, update(Version).values(warnings=["Page 2: a table could not be read"]))
    change(company, update(Version).values(created_at=now() - timedelta(days=400)))
    found = findings(ask())
    assert found == {"empty": 1, "stale": 2, "tables_lost": 2, "no_owner": 2}
    assert "stale" not in findings(ask(stale_days=500))


def test_an_owner_who_left_counts_as_none(company, put, ask):
    put("leave.md", POLICY.format(days=30))
    owned(company, "cy")
    assert findings(ask()) == {}
    change(company, update(Person).where(Person.login == "cy").values(is_active=False))
    assert findings(ask()) == {"no_owner": 1}


def test_the_sources_date_counts_where_there_is_one(company, put, ask):
    document = put("leave.md", POLICY.format(days=30))
    owned(company)
    with company.resources.transactions.write() as session:
        source = Source(name="share", kind="folder", collection_id=company_collection(company, "handbook"))
        session.add(source)
        session.flush()
        written = now() - timedelta(days=1000)
        session.add(
            SourceItem(
                source_id=source.id, key_digest="a" * 64, key="x", document_id=document, modified_at=written
            )
        )
    report = ask()
    assert findings(report) == {"stale": 1}
    assert report["ages"][-1] == {"label": "over 2 years", "count": 1}


def test_groups_that_hold_nobody_are_named(company, put, ask):
    company.library.group("ghosts")
    put("leave.md", POLICY.format(days=30), narrowed_to=["clerks", "ghosts"])
    owned(company)
    report = ask()
    assert findings(report) == {"groups_without_members": 1}
    (group,) = report["groups_without_members"]
    assert (group["name"], group["collections"]) == ("ghosts", ["handbook"])
    assert ask("cy")["groups_without_members"] == []


def test_languages_and_sizes_are_counted(company, put, ask):
    put("a.md", POLICY.format(days=30))
    put("b.md", "Kurz und bündig.")
    change(company, update(Version).values(language="de"))
    change(company, update(ChunkRow).values(tokens=300))
    report = ask()
    assert report["languages"] == [{"label": "de", "count": 2}]
    assert {bar["label"]: bar["count"] for bar in report["token_sizes"]}["200 to 999"] == 2


def test_it_covers_what_its_reader_may_read_and_fills(company, put, ask, client):
    put("leave.md", POLICY.format(days=30))
    put("secret.md", POLICY.format(days=29), narrowed_to=["staff"])
    put("grades.md", POLICY.format(days=28), collection="payroll")
    assert "grades" not in json.dumps(ask("ada"))
    assert "secret" not in json.dumps(ask("ada"))
    assert [ask(login)["documents"] for login in ("ada", "cy", "root")] == [1, 1, 2]
    assert ask("cy")["contradictions"] == []
    assert client.get(ADDRESS, headers=company.session("ben")).status_code == 403
    assert (
        client.get(ADDRESS, params={"collection": "payroll"}, headers=company.session("ada")).status_code
        == 404
    )


def test_one_collection_can_be_asked_for(company, put, ask):
    put("leave.md", POLICY.format(days=30))
    assert ask(collection="handbook")["documents"] == 1


def test_one_report_is_made_at_a_time(company, client):
    with routes.one_at_a_time:
        reply = client.get(ADDRESS, headers=company.session("ada"))
    assert (reply.status_code, "retry-after" in reply.headers) == (429, True)


def test_asking_for_it_is_audited(company, ask):
    ask()
    with company.resources.transactions.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "corpus.report")).one()
        ada_there = audit.known_digest(session, company.people["ada"])
        assert (entry.actor, entry.detail["documents"]) == (ada_there, 0)


def test_the_page_holds_everything_and_loads_nothing(company, put, client):
    put("<script>alert(1)</script>.md", POLICY.format(days=30))
    put("leave.md", POLICY.format(days=28))
    change(company, update(Version).values(language="<b>x"))
    reply = client.get(ADDRESS, params={"format": "html"}, headers=company.session("ada"))
    page = reply.text
    assert reply.headers["content-type"].startswith("text/html")
    assert "script" not in reply.headers["content-security-policy"]
    assert "<script" not in page
    assert "<b>x" not in page
    assert "&lt;script&gt;" in page
    assert page.count("<svg ") == 4
    assert re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?!#|"#)([a-z]+:)""", page) == []
    assert "Documents contradict one another" in page


def test_an_empty_corpus_has_a_page(company, client):
    reply = client.get(ADDRESS, params={"format": "html"}, headers=company.session("ada"))
    assert "Nothing was found" in reply.text
