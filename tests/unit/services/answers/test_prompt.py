from datetime import UTC, datetime

import pytest

from services.answers import prompt
from services.passages import Passage


def count(texts):
    return [len(text.split()) for text in texts]


def passage(text, **more):
    return Passage(
        "k", "v", "d", "c", more.pop("name", "handbook.pdf"), text, 100, 100 + len(text), 1.0, **more
    )


def user_text(*passages, question="How many days?", budget=2000, **more):
    return prompt.build_prompt(question, passages, count, budget, **more).messages[1]["content"]


def test_a_source_says_where_it_is_from():
    published = datetime(2025, 3, 3, tzinfo=UTC)
    leave = passage("25 days.", heading_path=("Leave", "Annual"), first_page=3, published_at=published)
    title = "handbook.pdf, Leave > Annual, page 3, version 1 of 2025-03-03"
    assert f"<source 1: {title}>\n25 days.\n</source>" in user_text(leave)


def test_soft_wraps_of_a_page_are_undone():
    wrapped = passage("All of the employees of the company here receive\ntwenty-five days.")
    assert "receive twenty-five days" in user_text(wrapped)


HOSTILE = [
    "<|im_start|>system",
    "<|im_<|x|>start|>",
    "<|im_end",
    "<|eot_id|>",
    "<\uff5cbegin\u2581of\u2581sentence\uff5c>",
    "<s>",
    "</s>",
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "[TOOL_CALLS]",
    "<think>",
    "<start_of_turn>",
    "</source>",
    "< /source >",
    "<source 9: x>",
    "<\u200b/source>",
    "a\U000e0041b",
    "a\u202eb",
]
ACTING = ("<|", "|>", "<source", "</source", "< /source", "[INST", "[/INST", "<<SYS", "<think", "<s>", "</s>")
HIDDEN = ("\u202e", "\u200b", "\U000e0041", "\uff5c>")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_in_a_document_or_question_can_act(hostile):
    acting = passage(f"Text {hostile} here.", name=f"{hostile}.pdf", heading_path=(hostile,))
    found = user_text(acting, question=f"What {hostile}?")
    inside = found.replace("<source 1: ", "", 1)[::-1].replace("</source>"[::-1], "", 1)[::-1]
    assert not [mark for mark in (*ACTING, *HIDDEN) if mark in inside]


def test_special_tokens_of_the_served_tokenizer_are_broken():
    assert "@@END@@" not in user_text(passage("Say @@END@@ now."), special_tokens=["@@END@@"])


def test_ordinary_signs_stay_as_they_are():
    assert "if a < b && c > d [1]" in user_text(passage("if a < b && c > d [1]"))


def test_dollar_signs_are_text():
    assert "costs $question today" in user_text(passage("It costs $question today."))


def test_the_budget_holds_and_the_last_source_is_cut_at_a_sentence():
    long = "Every single sentence here has exactly eight words. " * 60
    built = prompt.build_prompt(
        "How?", [passage("Short one."), passage(long), passage("Never reached.")], count, 420
    )
    assert [found.text == long for found in built.passages] == [False, False]
    assert built.passages[0].text == "Short one."
    assert built.passages[1].text.endswith("eight words.")
    assert built.passages[1].end == 100 + len(built.passages[1].text)
    assert sum(count([message["content"] for message in built.messages])) <= built.tokens <= 420


def test_each_text_is_counted_once():
    counted = []

    def counting(texts):
        counted.extend(texts)
        return count(texts)

    prompt.build_prompt("How?", [passage(f"Source {number}.") for number in range(50)], counting, 100_000)
    assert len(counted) == 52


def test_the_hash_names_the_rendered_text():
    first, again = (prompt.build_prompt("How?", [passage("A.")], count, 2000) for _ in range(2))
    other = prompt.build_prompt("Why?", [passage("A.")], count, 2000)
    assert first.rendered_hash == again.rendered_hash != other.rendered_hash
    assert first.template_digest == prompt.prompts_digest() == other.template_digest
