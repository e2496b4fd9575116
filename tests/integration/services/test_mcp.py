"""The MCP door with the official client over HTTP: the same rights as the same key has over REST."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from services.settings import Settings
from tests.company import Company
from tests.parts import SqliteTemplate
from tests.served import serving
from tests.travel import PIECES, QUESTION, TEXTS, TRUE

CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "search", "arguments": {"question": QUESTION}},
}


@pytest.fixture
def settings(migrated_sqlite: SqliteTemplate, tmp_path) -> Settings:
    migrated_sqlite.copy_to(tmp_path)
    return Settings(data_dir=tmp_path, secret_key="s" * 32)


@pytest.fixture
def company(resources):
    company = Company(resources)
    company.person("ada", "travellers")
    company.person("ben", "others")
    company.add("travel", "travel-policy.txt", TEXTS, "travellers")
    resources.model.pieces = PIECES
    return company


@pytest.fixture
def base_url(resources, company):
    with serving(resources) as url:
        yield url


@pytest.fixture
def call(base_url) -> Callable[..., Any]:
    """The result of one tool, called with these headers."""

    def call(headers: dict[str, str], tool: str, **arguments: Any) -> Any:
        async def ask() -> Any:
            async with httpx2.AsyncClient(headers=headers, trust_env=False) as http:
                transport = streamable_http_client(f"{base_url}/mcp", http_client=http)
                async with Client(transport) as client:
                    return await client.call_tool(tool, arguments)

        return asyncio.run(ask())

    return call


def said(result: Any) -> str:
    """What the result tells the assistant, without the library's words before it."""
    return (
        " ".join(part.text for part in result.content)
        .partition("Error executing tool ")[2]
        .partition(": ")[2]
    )


def test_search_finds_what_the_keys_owner_may_read(company, call):
    found = call(company.key("ada", "search"), "search", question=QUESTION)
    assert not found.is_error
    assert TRUE in found.structured_content["passages"][0]["text"]


def test_search_finds_nothing_of_what_others_read(company, call):
    found = call(company.key("ben", "search"), "search", question=QUESTION)
    assert found.structured_content["passages"] == []


def test_an_answer_has_its_citations(company, call):
    answer = call(company.key("ada", "ask"), "ask", question=QUESTION).structured_content
    assert TRUE in answer["text"]
    assert answer["citations"][0]["document_name"] == "travel-policy.txt"


def test_a_key_without_the_scope_is_told_so(company, call):
    result = call(company.key("ada", "search"), "ask", question=QUESTION)
    assert result.is_error
    assert said(result).startswith("forbidden")


def test_an_unknown_collection_is_not_found(company, call):
    for name in ("travel", "nothing"):
        result = call(company.key("ben", "ask"), "ask", question=QUESTION, collections=[name])
        assert (result.is_error, said(result).split(":")[0]) == (True, "not_found")


def test_an_engine_that_is_down_says_so(company, call, resources):
    resources.model.is_down = True
    result = call(company.key("ada", "ask"), "ask", question=QUESTION)
    assert said(result).startswith("engine_unavailable")


def test_arguments_out_of_bounds_are_named_and_not_repeated(company, call):
    result = call(company.key("ada", "search"), "search", question="a secret " * 1000)
    assert result.is_error
    assert "question" in said(result)
    assert "secret" not in str(result.content)


@pytest.mark.parametrize("carrier", ["nothing", "session", "revoked"])
def test_without_a_living_key_nobody_comes_in(company, base_url, carrier):
    headers = {
        "nothing": {},
        "session": company.session("ada"),
        "revoked": {"Authorization": "Bearer hf_" + "A" * 43},
    }[carrier]
    reply = httpx.post(f"{base_url}/mcp", json=CALL, headers=headers, trust_env=False, timeout=60)
    assert (reply.status_code, reply.json()["code"]) == (401, "not_signed_in")


def test_a_huge_body_is_refused(company, base_url):
    headers = company.key("ada", "search") | {"Content-Type": "application/json"}
    reply = httpx.post(
        f"{base_url}/mcp", content=b" " * 100_000, headers=headers, trust_env=False, timeout=60
    )
    assert reply.status_code == 413
