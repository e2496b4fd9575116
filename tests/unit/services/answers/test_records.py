"""How an answer and its failure are put on the wire."""

from services import errors
from services.answers import records
from services.answers.schemas import CitationOut, SentenceOut
from services.database.session import now
from services.database.tables.answers import Answer


def citation(number: int) -> CitationOut:
    return CitationOut(
        number=number, chunk_id="c", document_id="d", document_name="n", version_id="v", version_number=1,
        page=None, heading_path=[], quote="So it is.", start=0, end=9,
    )  # fmt: skip


def sentence(index: int, *numbers: int) -> SentenceOut:
    cited = [citation(number) for number in numbers]
    return SentenceOut(index=index, text="So it is.", status="supported", citations=cited)


def answer(*sentences: SentenceOut) -> Answer:
    return Answer(
        id="a", question="Is it?", searched_as="Is it?", policy="strict", state="done", kind="generated",
        sentences=[one.model_dump() for one in sentences], nearest=[], text="", dropped_sentences=0,
        release_id="r", model="m", prompt_hash="", timings={}, usage={}, created_at=now(),
    )  # fmt: skip


def test_citation_stands_behind_its_sentence():
    assert records.marked(sentence(0, 1, 3)) == "So it is. [1] [3]"
    assert records.marked(sentence(0)) == "So it is."


def test_every_source_is_listed_once_in_its_order():
    shown = records.view(answer(sentence(0, 2, 1), sentence(1, 1)))
    assert [one.number for one in shown.citations] == [1, 2]


def test_failure_names_the_answer_and_what_was_found():
    problem = records.Problem.of(errors.EngineUnavailable(), records.view(answer()))
    assert (problem.code, problem.status, problem.answer_id) == ("engine_unavailable", 503, "a")
    assert problem.type == "urn:holdfast:error:engine_unavailable"
