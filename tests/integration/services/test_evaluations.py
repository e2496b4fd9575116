"""Kept evaluations over REST: numbers for every administrator, texts for readers of all their sources."""

import pytest
from fastapi.testclient import TestClient

from services.app import create_app
from services.database.tables.identity import Person
from services.database.tables.library import Document
from services.evaluation import results
from tests.company import Company
from tests.unit.services.evaluation.gold import NO_ANSWER, outcome, passage, result

ADDRESS = "/api/v1/evaluations"
SECRET = "quokka"


@pytest.fixture
def company(resources) -> Company:
    """Both administer; ada reads the ledger, bo does not."""
    company = Company(resources)
    company.person("ada", "clerks", is_admin=True)
    company.person("bo", "staff", is_admin=True)
    return company


@pytest.fixture
def client(resources, company):
    with TestClient(create_app(resources.settings, resources)) as client:
        yield client


@pytest.fixture
def document(company) -> str:
    (chunk,) = company.add("ledger", "list.pdf", [f"The {SECRET} takes 9 weeks."], "clerks")
    return company.library.document_of(chunk)


@pytest.fixture
def body(document):
    """Two questions: one answered from the document, one that nothing answers."""
    answered = outcome(text=f"The {SECRET} takes 9 weeks.", of_it=[passage(SECRET)])
    told = result(answered, outcome(NO_ANSWER, kind="refused", text="no")).model_dump(mode="json")
    told["asked"][0]["sources"] = [document]
    for place in (*told["asked"][0]["citations"], *told["asked"][0]["found"]):
        place["document_id"] = document
    return told


def keep(client, company, told, login="ada") -> str:
    reply = client.post(ADDRESS, json=told, headers=company.session(login))
    assert reply.status_code == 201, reply.text
    return reply.json()["id"]


def shown(client, company, evaluation_id, login):
    return client.get(f"{ADDRESS}/{evaluation_id}", headers=company.session(login))


def test_texts_go_to_readers_of_all_their_sources(client, company, body):
    kept = keep(client, company, body)
    mine, others = (shown(client, company, kept, login) for login in ("ada", "bo"))
    assert mine.json()["asked"][0]["text"] == f"The {SECRET} takes 9 weeks."
    assert SECRET not in others.text
    assert "list.pdf" not in others.text
    assert [one["withheld"] for one in others.json()["asked"]] == [True, False]
    assert others.json()["totals"] == mine.json()["totals"]
    assert others.json()["asked"][0]["scores"] == mine.json()["asked"][0]["scores"]


def test_what_was_removed_is_not_shown_again(client, company, body, document):
    kept = keep(client, company, body)
    with company.resources.transactions.write() as session:
        session.get_one(Document, document).deleted_at = results.EvaluationResult.model_validate(
            body
        ).ended_at
    assert SECRET not in shown(client, company, kept, "ada").text


def test_what_nobody_found_is_for_who_kept_it(client, company, body):
    """The gold answer comes from a document whose id nobody knows, so nobody can say who may read it."""
    body["asked"][0] |= {"citations": [], "found": [], "sources": [], "text": "", "right": [SECRET]}
    kept = keep(client, company, body)
    assert SECRET in shown(client, company, kept, "ada").text
    assert SECRET not in shown(client, company, kept, "bo").text


def test_an_id_left_out_of_the_sources_counts_all_the_same(client, company, body):
    body["asked"][0]["sources"] = []
    assert SECRET not in shown(client, company, keep(client, company, body), "bo").text


def test_totals_are_counted_by_the_server(client, company, body):
    body["totals"] = {"page_exact": {"value": 0.0, "questions": 1000}}
    kept = shown(client, company, keep(client, company, body), "ada").json()
    assert kept["totals"]["page_exact"] == {"value": 1.0, "questions": 1}


def test_the_list_is_newest_first_page_by_page(client, company, body):
    ids = [keep(client, company, body | {"label": str(number)}) for number in range(3)]
    first = client.get(ADDRESS, params={"limit": 2}, headers=company.session("bo")).json()
    more = {"limit": 2, "cursor": first["next_cursor"]}
    second = client.get(ADDRESS, params=more, headers=company.session("bo")).json()
    assert {one["id"] for one in (*first["items"], *second["items"])} == set(ids)
    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (2, 1, None)


def test_a_removed_evaluation_is_gone(client, company, body):
    kept = keep(client, company, body)
    assert client.delete(f"{ADDRESS}/{kept}", headers=company.session("bo")).status_code == 204
    assert shown(client, company, kept, "ada").status_code == 404


def test_it_outlives_who_kept_it(client, company, body):
    kept = keep(client, company, body)
    with company.resources.transactions.write() as session:
        session.delete(session.get_one(Person, company.people["ada"]))
    assert shown(client, company, kept, "bo").json()["totals"]["failed"]["questions"] == 2


def test_what_is_no_result_is_refused(client, company, body):
    wrong = [{"format": "other"}, {"set_digest": "x"}, {"label": "x" * 201}, {"more": 1}, {"asked": [{}]}]
    for changed in wrong:
        reply = client.post(ADDRESS, json=body | changed, headers=company.session("ada"))
        assert reply.status_code == 400, changed


def test_a_gold_document_that_is_not_among_the_sources_withholds_too(client, company, body):
    company.person("cy", "clerks", is_admin=True)
    assert SECRET in shown(client, company, keep(client, company, body), "cy").text
    body["asked"][0]["document"] = "other.pdf"
    kept = keep(client, company, body)
    assert SECRET not in shown(client, company, kept, "cy").text
    assert SECRET in shown(client, company, kept, "ada").text


def test_another_document_of_the_gold_ones_name_withholds_too(client, company, body):
    company.person("cy", "clerks", is_admin=True)
    kept = keep(client, company, body)
    assert SECRET in shown(client, company, kept, "cy").text
    company.person("di", "board")
    company.add("minutes", "list.pdf", ["Nobody else may know of this."], "board")
    assert SECRET not in shown(client, company, kept, "cy").text
    assert SECRET in shown(client, company, kept, "ada").text
