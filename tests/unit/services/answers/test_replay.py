"""An answer made again on the ground of the flow: the same, another, and the reasons why it cannot be."""

from dataclasses import replace

import anyio
import pytest
from sqlalchemy import select, update

from services import errors
from services.answers import ask, prompt
from services.answers.replay import replay
from services.answers.work import Question, release_sampling
from services.database.session import now
from services.database.tables.answers import Answer
from services.database.tables.audit import AuditEntry
from services.database.tables.library import ChunkRow, CollectionGrant, Document
from services.deliveries import remove
from services.settings import Settings
from tests.company import Company
from tests.parts import SqliteTemplate
from tests.travel import ALSO_TRUE, LIE, PIECES, QUESTION, TEXTS, TRUE, UNANSWERABLE


@pytest.fixture
def settings(migrated_sqlite: SqliteTemplate, tmp_path) -> Settings:
    migrated_sqlite.copy_to(tmp_path)
    return Settings(data_dir=tmp_path, secret_key="s" * 32)


@pytest.fixture
def company(resources) -> Company:
    company = Company(resources)
    company.person("ada", "travellers")
    company.person("ben", "travellers")
    company.add("travel", "travel-policy.txt", TEXTS, "travellers")
    resources.model.pieces = PIECES
    return company


def answered(company: Company, text: str = QUESTION, policy: str = "strict") -> str:
    resources = company.resources
    question = Question(company.caller("ada"), text, policy, release_sampling(resources))
    return anyio.run(ask.answer_at_once, question, resources).id


def replayed(company: Company, answer_id: str, resources=None, login: str = "ada"):
    return anyio.run(replay, company.caller(login), answer_id, resources or company.resources)


def document(session) -> Document:
    return session.scalars(select(Document)).one()


@pytest.mark.parametrize("policy", ["strict", "flag", "off"])
def test_same_release_says_the_same(company, policy):
    outcome = replayed(company, answered(company, policy=policy))
    assert (outcome.outcome, outcome.said, outcome.shown) == ("identical",) * 3
    assert (outcome.prompt_is_same, outcome.cause, outcome.diff) == (True, "", ())


def test_model_is_asked_what_it_was_asked(company):
    answer_id = answered(company)
    replayed(company, answer_id)
    first, instructions, again = company.resources.model.asked
    assert again == first
    assert instructions[0] == first[0]


def test_sources_are_read_past_the_cache_and_once_more_as_usual_where_it_was_not_then(company):
    answer_id = answered(company)
    model = company.resources.model
    assert replayed(company, answer_id).is_afresh
    said = model.stream

    async def otherwise_afresh(messages, sampling, *, cache_salt=""):
        model.pieces = [ALSO_TRUE] if cache_salt else PIECES
        async for piece in said(messages, sampling, cache_salt=cache_salt):
            yield piece

    model.stream = otherwise_afresh
    outcome = replayed(company, answer_id)
    assert (outcome.outcome, outcome.is_afresh) == ("identical", False)
    # The instructions and then the prompt under one salt, and as usual only where that was not it.
    assert [bool(salt) for salt in model.salts] == [False, True, True, True, True, False]
    assert len(set(model.salts)) == 3


def test_version_replaced_since_is_still_read(company):
    answer_id = answered(company)
    (collection,) = _collections(company)
    company.library.add(collection, "travel-policy.txt", ["Hotels are paid by the host."])
    assert replayed(company, answer_id).outcome == "identical"


def _collections(company: Company) -> list[str]:
    with company.resources.transactions.read() as session:
        return list(session.scalars(select(Document.collection_id)))


def test_passage_cut_to_the_budget_is_cut_there_again(company, monkeypatch):
    long = [f"{TRUE} " + " ".join(f"Sentence {n} of the travel policy is here." for n in range(120))]
    company.add("more", "long.txt", long, "travellers")
    few = company.resources.settings.answers.model_copy(update={"prompt_tokens": 400})
    settings = company.resources.settings.model_copy(update={"answers": few})
    narrow = Company(replace(company.resources, settings=settings))
    narrow.people = company.people
    answer_id = answered(narrow)
    with company.resources.transactions.read() as session:
        made_with = session.get_one(Answer, answer_id).made_with
    assert made_with["prompt"] != made_with["passages"]
    assert replayed(company, answer_id).prompt_is_same


def test_other_words_are_shown_as_a_diff_that_blames_the_engine(company):
    answer_id = answered(company)
    company.resources.model.pieces = [TRUE]
    outcome = replayed(company, answer_id)
    assert (outcome.outcome, outcome.cause) == ("different", "engine")
    assert f"-{ALSO_TRUE} [2]" in outcome.diff


def test_other_spacing_only_is_the_same_words(company):
    answer_id = answered(company)
    company.resources.model.pieces = [*PIECES, "\n"]
    outcome = replayed(company, answer_id)
    assert (outcome.outcome, outcome.said, outcome.shown) == ("same_words", "same_words", "identical")


def test_sentence_that_is_held_back_stays_so(company):
    answer_id = answered(company)
    company.resources.model.pieces = [*PIECES, f" {LIE}"]
    outcome = replayed(company, answer_id)
    assert (outcome.outcome, outcome.said, outcome.shown) == ("different", "different", "identical")
    assert "90 euros" not in str(outcome)


def test_other_model_is_blamed_on_the_release(company, lock):
    answer_id = answered(company)
    company.resources.model.pieces = [TRUE]
    other = replace(lock, generator=replace(lock.generator, revision="2"))
    outcome = replayed(company, answer_id, replace(company.resources, lock=other))
    assert (outcome.cause, outcome.changed_parts) == ("release", ("generator",))
    assert outcome.release_then != outcome.release_now


def test_other_engine_of_the_release_is_blamed_on_the_engine(company, lock):
    answer_id = answered(company)
    company.resources.model.pieces = [TRUE]
    other = replace(lock, engine=replace(lock.engine, version="1"))
    outcome = replayed(company, answer_id, replace(company.resources, lock=other))
    assert (outcome.cause, outcome.changed_parts) == ("engine", ("engine",))


def test_other_template_is_blamed_on_the_prompt(company, monkeypatch):
    answer_id = answered(company)
    templates = prompt._templates() | {"answer_system.md": "Answer as a pirate."}
    monkeypatch.setattr(prompt, "_templates", lambda: templates)
    outcome = replayed(company, answer_id)
    assert (outcome.prompt_is_same, outcome.cause) == (False, "prompt")


def test_renamed_document_is_blamed_on_the_passages(company):
    answer_id = answered(company)
    with company.resources.transactions.write() as session:
        document(session).name = "renamed.txt"
    outcome = replayed(company, answer_id)
    assert (outcome.prompt_is_same, outcome.cause) == (False, "passages")


def test_chunk_that_does_not_say_what_it_said_is_not_taken(company):
    answer_id = answered(company)
    with company.resources.transactions.write() as session:
        session.execute(update(ChunkRow).values(text="Something else."))
    outcome = replayed(company, answer_id)
    assert (outcome.outcome, outcome.cause) == ("cannot", "passages")


def test_removed_source_is_named_by_its_date_only(company):
    answer_id = answered(company)
    with company.resources.transactions.write() as session:
        remove(session, document(session))
    outcome = replayed(company, answer_id)
    assert (outcome.outcome, outcome.reason) == ("cannot", f"source removed on {now():%Y-%m-%d}")
    assert "travel-policy" not in str(outcome)
    assert len(company.resources.model.asked) == 1


@pytest.mark.parametrize("is_removed", [False, True])
def test_readers_who_lost_the_collection_find_no_answer(company, is_removed):
    answer_id = answered(company)
    with company.resources.transactions.write() as session:
        if is_removed:
            remove(session, document(session))
        session.delete(session.scalars(select(CollectionGrant)).one())
    with pytest.raises(errors.NotFound):
        replayed(company, answer_id)


def test_answers_of_others_are_not_found(company):
    with pytest.raises(errors.NotFound):
        replayed(company, answered(company), login="ben")


def test_grant_lost_while_the_model_speaks_hides_the_outcome(company):
    answer_id = answered(company)
    said = company.resources.model.stream

    async def slow(messages, sampling, **more):
        async for piece in said(messages, sampling, **more):
            yield piece
        company.leave("ada", "travellers")

    company.resources.model.stream = slow
    with pytest.raises(errors.NotFound):
        replayed(company, answer_id)


def test_removal_while_the_model_speaks_hides_the_outcome(company):
    answer_id = answered(company)
    said = company.resources.model.stream

    async def slow(messages, sampling, **more):
        async for piece in said(messages, sampling, **more):
            yield piece
        with company.resources.transactions.write() as session:
            remove(session, document(session))

    company.resources.model.stream = slow
    assert replayed(company, answer_id).outcome == "cannot"


def test_refusal_without_the_model_cannot_be_repeated(company):
    outcome = replayed(company, answered(company, UNANSWERABLE))
    assert (outcome.outcome, outcome.reason) == ("cannot", "it was given without asking the model")


def test_answer_from_before_what_repeats_it_was_kept(company):
    answer_id = answered(company)
    with company.resources.transactions.write() as session:
        session.get_one(Answer, answer_id).made_with = {}
    assert replayed(company, answer_id).reason == "it was given before what makes it again was kept"


def test_model_that_went_round_is_heard_as_far_as_then(company):
    company.resources.model.pieces = [f"{TRUE} "] * 9
    answer_id = answered(company)
    with company.resources.transactions.read() as session:
        assert session.get_one(Answer, answer_id).finish_reason == ""
    assert replayed(company, answer_id).outcome == "identical"


def test_replay_is_audited_without_text(company):
    answer_id = answered(company)
    replayed(company, answer_id)
    with company.resources.transactions.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "answer.replay")).one()
    assert (entry.subject, entry.detail) == (answer_id, {"outcome": "identical"})
