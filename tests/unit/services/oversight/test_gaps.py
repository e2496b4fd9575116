"""Topics of what is asked in vain: words of enough people, and nothing that fewer said."""

from datetime import UTC, date, datetime, timedelta

from services.oversight import gaps
from services.oversight.gaps import Asked

WHEN = datetime(2026, 11, 1, 13, 14, 15, tzinfo=UTC)


def asked(asker: str, question: str, *, refused: bool = True, days: int = 0) -> Asked:
    words = gaps.words_of(question)
    return Asked(asker, words, refused, rated_badly=not refused, at=WHEN + timedelta(days=days))


def found(*questions: Asked):
    return list(gaps.topics(questions))


def test_topic_is_words_that_three_people_used():
    (topic,) = found(
        asked("ada", "How do I park a bicycle in the garage?"),
        asked("ben", "Is there room for a bicycle in the garage?", refused=False, days=2),
        asked("cyd", "Who repairs my bicycle?"),
    )
    assert topic.words == ("bicycle",)
    assert (topic.questions, topic.refused, topic.rated_badly) == (3, 2, 1)
    assert topic.last == date(2026, 11, 3)


def test_companions_are_told_once_enough_people_used_them():
    people = ("ada", "ben", "cyd")
    (topic,) = found(*(asked(one, f"bicycle garage {one}-secret") for one in people))
    assert set(topic.words) == {"bicycle", "garage", "secret"}


def test_one_person_asking_thrice_makes_no_topic():
    assert found(*(asked("ada", "Where is the bicycle?") for _ in range(5))) == []
    assert found(asked("ada", "bicycle"), asked("ben", "bicycle")) == []


def test_forms_of_one_word_count_together_and_the_usual_one_is_shown():
    questions = [asked(one, "bicycles") for one in ("ada", "ben", "cyd")]
    (topic,) = found(*questions, asked("dan", "bicycle"))
    assert (topic.words, topic.questions) == (("bicycles",), 4)


def test_form_that_only_one_person_wrote_is_not_shown():
    (topic,) = found(asked("ada", "parking"), asked("ben", "parked"), asked("cyd", "parks"))
    assert topic.words == ("park",)


def test_question_counts_in_one_topic_only():
    questions = [asked(one, "bicycle garage") for one in ("ada", "ben", "cyd")]
    assert [topic.questions for topic in found(*questions)] == [3]


def test_function_words_numbers_and_short_words_are_no_topic():
    assert gaps.words_of("What is the limit for 4012 of it, and so on?").keys() == {"limit"}


def test_question_is_read_for_its_words_no_further_than_questions_go():
    assert gaps.words_of("bicycle " + "x " * 400 + "umbrella").keys() == {"bicycl"}
