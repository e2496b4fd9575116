"""Embeddings in OpenAI's shape, behind the scope for searching."""

import base64

import numpy as np
import pytest
from fastapi.testclient import TestClient

from services.app import create_app
from services.database.session import Transactions, open_engine
from services.identity import last_use
from services.settings import Settings
from tests.company import Company
from tests.ground import close_ground, open_ground

ADDRESS, MODEL = "/v1/embeddings", "all-MiniLM-L6-v2"


@pytest.fixture(scope="module")
def company(migrated_sqlite, lock, tmp_path_factory):
    folder = tmp_path_factory.mktemp("embeddings")
    migrated_sqlite.copy_to(folder)
    settings = Settings(data_dir=folder, secret_key="s" * 32)
    resources = open_ground(settings, Transactions(open_engine(settings)), lock)
    made = Company(resources)
    made.person("ada", "everyone")
    yield made
    last_use.settle()
    close_ground(resources)
    resources.transactions.engine.dispose()


@pytest.fixture(scope="module")
def post(company):
    headers = company.key("ada", "search")
    with TestClient(create_app(company.resources.settings, company.resources)) as client:
        yield lambda **body: client.post(ADDRESS, json={"model": MODEL} | body, headers=headers)


def test_vectors_are_the_embedders_own_in_either_encoding(post, company):
    texts = ["annual leave", "the quokka"]
    expected = company.resources.embedder.embed(texts)
    plain = post(input=texts).json()
    assert [row["index"] for row in plain["data"]] == [0, 1]
    assert np.allclose([row["embedding"] for row in plain["data"]], expected)
    packed = post(input=texts, encoding_format="base64").json()
    read = [np.frombuffer(base64.b64decode(row["embedding"]), "<f4") for row in packed["data"]]
    assert np.array_equal(read, expected)


def test_one_text_is_one_vector_and_its_tokens_are_counted(post, company):
    reply = post(input="annual leave").json()
    (tokens,) = company.resources.embedder.count_tokens(["annual leave"])
    assert (reply["object"], reply["model"], len(reply["data"])) == ("list", MODEL, 1)
    assert reply["usage"] == {"prompt_tokens": tokens, "total_tokens": tokens}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"input": "x", "model": "text-embedding-3-small"}, 404),
        ({"input": "x", "dimensions": 256}, 400),
        ({"input": [1, 2, 3]}, 400),
        ({"input": []}, 400),
        ({"input": ["x"] * 65}, 400),
        ({"input": "word " * 300}, 400),
    ],
)
def test_what_it_cannot_do_is_refused_in_openais_words(post, body, status):
    reply = post(**body)
    assert reply.status_code == status
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}
