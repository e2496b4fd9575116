import pytest

from services.answers import grounding
from tests.handbook_passages import STORED, handbook

LEAVE = "How many days of paid leave do employees get?"
RIGHT = "Employees receive 25 days of paid leave per calendar year."
WRONG = "Employees receive 40 days of paid leave per calendar year."


def draft(policy, text, question=LEAVE, thresholds=None):
    found = grounding.AnswerDraft(grounding.index_passages(handbook(), question), policy, thresholds)
    shown = [sentence for token in text.split(" ") for sentence in found.feed(token + " ")]
    return [*shown, *found.finish()], found.answer()


def test_strict_lets_only_supported_sentences_out():
    shown, answer = draft("strict", f"Sure! {WRONG} {RIGHT} Is that all? It is great.")
    assert [sentence.text for sentence in shown] == [RIGHT]
    assert (answer.kind, len(answer.dropped)) == ("generated", 4)
    assert shown[0].status == "supported"


def test_strict_quotes_where_nothing_stands():
    shown, answer = draft("strict", WRONG)
    assert [(sentence.status, sentence.text) for sentence in shown] == [("quoted", RIGHT)]
    assert answer.kind == "quoted"


def test_strict_refuses_where_nothing_can_be_quoted():
    shown, answer = draft("strict", WRONG, "Where do penguins sleep?")
    assert shown == []
    assert (answer.kind, answer.text) == ("refused", "")


def test_flag_shows_what_it_cannot_support_as_such():
    shown, _ = draft("flag", f"Sure! {WRONG} {RIGHT}")
    assert [sentence.status for sentence in shown] == ["unchecked", "flagged", "supported"]
    assert "number 40" in shown[1].reason


def test_off_checks_nothing_but_takes_chat_tokens_out():
    shown, answer = draft("off", f"{WRONG}<|im_end|>")
    assert [(sentence.status, sentence.text) for sentence in shown] == [("unchecked", WRONG)]
    assert answer.kind == "generated"


def test_a_sentence_said_again_is_dropped():
    shown, answer = draft("strict", f"{RIGHT} {RIGHT} {RIGHT}")
    assert len(shown) == 1
    assert len(answer.dropped) == 2


def test_citations_are_numbered_by_place():
    text = f"{RIGHT} Managers receive 30 days of paid leave. Employees get 25 days of paid leave."
    shown, answer = draft("strict", text)
    assert [sentence.citations[0].number for sentence in shown] == [1, 2, 1]
    for cited in answer.citations:
        assert STORED[cited.start : cited.end] == cited.quote
        assert cited.page == 3


@pytest.mark.parametrize("policy", ["strict", "flag", "off"])
def test_sentences_count_up_from_nothing(policy):
    shown, answer = draft(policy, f"{RIGHT} Managers receive 30 days of paid leave.")
    assert [sentence.index for sentence in shown] == [0, 1]
    assert answer.sentences == tuple(shown)


def test_after_a_refusal_of_the_model_a_quotation_must_fit_better():
    question = "How many days of parental leave do employees get?"
    shown, _ = draft("strict", WRONG, question)
    assert [sentence.status for sentence in shown] == ["quoted"]
    trusting = grounding.GroundingThresholds(quote_margin_doubted=0.2)
    shown, answer = draft("strict", "The documents do not say.", question, trusting)
    assert shown == []
    assert answer.dropped[0].verdict == "refusal"


def test_a_true_sentence_beside_the_point_gives_way_to_the_quotation():
    shown, answer = draft("strict", "Requests must not be sent by e-mail.")
    assert [(sentence.status, sentence.text) for sentence in shown] == [("quoted", RIGHT)]
    assert len(answer.dropped) == 1


def test_what_stands_beside_an_answer_is_shown_with_it_in_its_order():
    aside = "Requests must not be sent by e-mail."
    shown, _ = draft("strict", f"{aside} {RIGHT}")
    assert [sentence.text for sentence in shown] == [aside, RIGHT]


def test_a_model_that_goes_round_is_noticed():
    writing = grounding.AnswerDraft(grounding.index_passages(handbook(), LEAVE))
    writing.feed(f"{WRONG} {WRONG} ")
    assert not writing.is_going_round
    writing.feed(f"{WRONG} {WRONG} {WRONG} ")
    assert writing.is_going_round


def test_the_operating_point_is_read_from_a_lock():
    read = grounding.GroundingThresholds.from_lock({"claim_recall": 0.9, "of_a_later_release": 1})
    assert read == grounding.GroundingThresholds(claim_recall=0.9)
    assert grounding.GroundingThresholds.from_lock(read.as_lock()) == read
