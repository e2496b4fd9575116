import pytest

from services.adapters import lexical_terms
from services.adapters.lexical_query import asked


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wie viele Urlaubstage habe ich?", "de"),
        ("How many days of leave do I have?", "en"),
        ("Quelle est la durée du congé ?", "fr"),
        ("¿Cuántos días de vacaciones tengo?", "es"),
        ("Hoeveel vakantiedagen heb ik?", "nl"),
        ("ERR-4012 KX 17", ""),
        ("", ""),
    ],
)
def test_function_words_tell_the_language(text, language):
    assert lexical_terms.language_of(text) == language


def test_only_the_librarys_languages_come_into_question():
    assert lexical_terms.language_of("Wie viele Urlaubstage habe ich?", ["en"]) == ""


def test_a_question_is_stemmed_in_its_own_and_in_common_languages():
    library = {"en": 900, "de": 99, "fr": 1}
    assert asked("Wie viele Tage habe ich?", library).languages == ("de", "en")
    assert asked("Quelle est la durée ?", library).languages == ("fr", "en", "de")
    assert asked("4711", library).languages == ("en", "de")
    assert asked("4711", {}).languages == ("en",)


def test_function_words_are_left_out_unless_there_is_nothing_else():
    assert lexical_terms.content("Wer genehmigt den Antrag?", "de") == "genehmigt Antrag"
    assert lexical_terms.content("What is it?", "en") == "What is it?"


def test_pieces_of_a_compound_are_those_of_its_parts():
    whole = set(lexical_terms.grams(["urlaubsantrag"]))
    assert {"antr", "ntra", "trag", "rag_"} <= whole & set(lexical_terms.grams(["antrag"]))
    assert lexical_terms.grams(["ab", ""]) == ["_ab_", "__"]


def test_joined_words_come_apart_and_together():
    assert lexical_terms.parts("Die E-Mail zu ReiseKosten") == ["EMail", "Reise", "Kosten"]
    assert lexical_terms.parts("plain words") == []


def test_pairs_leave_out_repetitions():
    assert lexical_terms.pairs(["travel", "travel", "cost"]) == ["travel~cost"]


@pytest.mark.parametrize("text", ["x" * 500, "§", "--", "\x00", "a-" * 3000])
def test_hostile_text_gives_bounded_terms(text):
    found = [*lexical_terms.identifiers(text), *lexical_terms.words(text, "de")]
    assert all(len(term) <= lexical_terms.LONGEST_TERM for term in found)
