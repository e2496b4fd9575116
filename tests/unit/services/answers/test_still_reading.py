"""An answer stops at the sentence it has come to when its reader may not read on."""

from contextlib import aclosing

import anyio
import pytest

from services import errors
from services.answers import ask
from services.answers.still_reading import Watch
from services.answers.work import Question, release_sampling
from services.database.tables.identity import Person, WebSession
from services.settings import Settings
from tests.company import Company
from tests.parts import SqliteTemplate
from tests.travel import PIECES, QUESTION, TEXTS


@pytest.fixture
def settings(migrated_sqlite: SqliteTemplate, tmp_path) -> Settings:
    migrated_sqlite.copy_to(tmp_path)
    return Settings(data_dir=tmp_path, secret_key="s" * 32)


@pytest.fixture
def company(resources) -> Company:
    company = Company(resources)
    company.person("ada", "travellers")
    company.add("travel", "travel-policy.txt", TEXTS, "travellers")
    resources.model.pieces = PIECES
    return company


def listen(company: Company, change, policy: str = "strict") -> list[tuple[str, object]]:
    """The events, with `change` made after the first sentence."""
    question = Question(company.caller("ada"), QUESTION, policy, release_sampling(company.resources))

    async def listening():
        heard = []
        async with aclosing(ask.answer_question(question, company.resources)) as events:
            async for event in events:
                heard.append((event.name, event.data))
                if event.name == "sentence":
                    change(company, question.caller)
        return heard

    return anyio.run(listening)


def leaves_the_group(company, _caller):
    company.leave("ada", "travellers")


def is_suspended(company, caller):
    with company.resources.transactions.write() as session:
        session.get_one(Person, caller.person_id).is_active = False


def signs_out(company, caller):
    with company.resources.transactions.write() as session:
        session.delete(session.get_one(WebSession, caller.credential_id))


@pytest.mark.parametrize("change", [leaves_the_group, is_suspended, signs_out])
def test_second_sentence_is_not_told(company, change):
    heard = listen(company, change)
    assert [name for name, _ in heard] == ["question", "passages", "sentence", "failed"]
    assert heard[-1][1].nearest == []


def test_answer_goes_on_where_nothing_changed(company):
    heard = listen(company, lambda _company, _caller: None)
    assert [name for name, _ in heard][-2:] == ["sentence", "answer"]


def test_tokens_are_looked_at_by_time(company):
    watch = Watch(company.caller("ada"), company.resources)
    is_suspended(company, company.caller("ada"))

    async def two() -> None:
        await watch.before("token")
        watch._looked_at -= 2.0
        await watch.before("token")

    with pytest.raises(errors.NotSignedIn):
        anyio.run(two)
