"""What the lexical index promises; it runs in-process, so the real one needs no twin."""

import shutil

import pytest

from services import errors
from services.adapters.lexical import Entry, LexicalIndex
from services.adapters.lexical_terms import identifiers


def entry(chunk_id, body, *, version="v1", scope=1, title="", heading=""):
    return Entry(chunk_id, version, "d1", scope, title, heading, body)


@pytest.fixture
def index(tmp_path):
    index = LexicalIndex(tmp_path / "lexical")
    yield index
    index.close()


def fill(index, *entries, position=1):
    index.add(entries)
    index.commit(position)


def found(index, text, scopes=None):
    return [chunk_id for chunk_id, _score in index.search(text, 10, scopes)]


def test_inflected_words_are_found(index):
    fill(index, entry("a", "Holidays are booked in the portal"), entry("b", "Servers are restarted at night"))
    assert found(index, "booking a holiday") == ["a"]


def test_the_better_match_comes_first(index):
    fill(index, entry("a", "travel costs"), entry("b", "travel costs of a train and a hotel"))
    assert found(index, "train hotel travel") == ["b", "a"]


def test_search_keeps_to_the_scopes(index):
    fill(index, entry("a", "travel", scope=1), entry("b", "travel", scope=2))
    assert found(index, "travel", {2}) == ["b"]
    assert found(index, "travel", set()) == []
    assert set(found(index, "travel", range(5000))) == {"a", "b"}


def test_a_scope_filter_changes_no_score(index):
    fill(index, entry("a", "travel by train"), entry("b", "hotel", scope=2))
    assert dict(index.search("train", 5, {1, 2})) == pytest.approx(dict(index.search("train", 5)))


def test_title_and_heading_are_searched(index):
    fill(
        index,
        entry("a", "thirty days", title="Leave policy.pdf"),
        entry("b", "ten", heading="Parental leave"),
    )
    assert set(found(index, "leave")) == {"a", "b"}


def test_identifiers_are_matched_whole(index):
    fill(index, entry("a", "Error ERR-4012 means timeout"), entry("b", "ERR 17 and 4012 other ERR things"))
    assert found(index, "what is err-4012?")[0] == "a"


def test_a_quoted_phrase_comes_first(index):
    fill(index, entry("a", "leave of absence"), entry("b", "absence of any leave, leave, absence"))
    assert found(index, 'what is "leave of absence"')[0] == "a"


def test_question_words_find_nothing_by_themselves(index):
    fill(index, entry("a", "What we do is what it is"), entry("b", "The portal is for travel"))
    assert found(index, "What is the portal for?") == ["b"]
    assert found(index, "What is it?") == ["a", "b"]


def test_words_that_stand_together_come_first(index):
    fill(index, entry("a", "travel to a bank; rail is costly"), entry("b", "rail travel is costly to a bank"))
    assert found(index, "rail travel")[0] == "b"


@pytest.mark.parametrize(
    "text", ['body:(a AND "', "title:* OR scope:[0 TO 9]", "+(-", "~~ ^^ \\", '""', "", "?", "\x00", "§"]
)
def test_query_syntax_is_only_text(index, text):
    fill(index, entry("a", "nothing of the kind"))
    assert found(index, text) == []


def test_a_huge_question_is_searched(index):
    fill(index, entry("a", "needle"))
    assert found(index, "needle " + " ".join(f"word{number}" for number in range(20_000))) == ["a"]


def test_nothing_is_found_before_the_commit(index):
    index.add([entry("a", "travel")])
    assert found(index, "travel") == []
    index.commit(1)
    assert found(index, "travel") == ["a"]


def test_a_removed_version_is_gone_and_may_come_back(index):
    fill(index, entry("a", "travel", version="v1"), entry("b", "travel", version="v2"))
    index.remove_version("v1")
    index.commit(2)
    assert found(index, "travel") == ["b"]
    index.remove_version("v2")
    fill(index, entry("c", "travel", version="v2"), position=3)
    assert found(index, "travel") == ["c"]


def test_position_and_count_survive_a_restart(index, tmp_path):
    assert (index.position(), index.count()) == (0, 0)
    fill(index, entry("a", "travel"), entry("b", "travel"), position=7)
    index.close()
    again = LexicalIndex(tmp_path / "lexical")
    assert (again.position(), again.count()) == (7, 2)
    again.close()


def test_what_was_not_committed_is_dropped(index, tmp_path):
    fill(index, entry("a", "travel"))
    index.add([entry("b", "travel")])
    index.close()
    assert found(index, "travel") == ["a"]


def test_a_second_writer_is_told_why_it_may_not(index, tmp_path):
    fill(index, entry("a", "travel"))
    second = LexicalIndex(tmp_path / "lexical")
    with pytest.raises(errors.IndexUnavailable, match="another running api"):
        second.commit(2)
    assert found(second, "travel") == ["a"]
    assert index.position() == 1
    second.close()


def test_a_reader_holds_no_lock(index, tmp_path):
    assert index.count() == 0
    writer = LexicalIndex(tmp_path / "lexical")
    writer.commit(1)
    writer.close()


def test_a_wiped_folder_starts_at_zero(index, tmp_path):
    fill(index, entry("a", "travel"), position=5)
    index.close()
    shutil.rmtree(tmp_path / "lexical")
    assert index.position() == 0
    fill(index, entry("a", "travel"), position=5)
    assert found(index, "travel") == ["a"]


def test_a_folder_wiped_while_open_starts_at_zero(index, tmp_path):
    fill(index, entry("a", "travel"), position=5)
    shutil.rmtree(tmp_path / "lexical")
    with pytest.raises(errors.IndexUnavailable, match="being rebuilt"):
        fill(index, entry("b", "travel"), position=6)
    assert index.position() == 0
    fill(index, entry("b", "travel"), position=6)
    assert found(index, "travel") == ["b"]


@pytest.mark.parametrize("damaged", ["meta.json", "*.idx", "*.store", "*"])
def test_a_damaged_folder_starts_at_zero(index, tmp_path, damaged):
    fill(index, entry("a", "travel"), position=5)
    index.close()
    for path in (tmp_path / "lexical").glob(damaged):
        path.write_bytes(b"x")
    assert index.position() == 0
    fill(index, entry("a", "travel"), position=5)
    assert found(index, "travel") == ["a"]


def test_identifiers_are_written_one_way():
    text = "See § 12.3, ERR-4012 and v2.1. E-mail a@b.example or ../x; plain words stay out."
    assert identifiers(text) == ["§12.3", "12.3", "err4012", "v2.1", "email", "a@b.example"]


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("what does error err 4012 mean", "ERR_4012"),
        ("ERR 4012", "err-4012"),
        ("iso27001", "ISO 27001"),
        ("Art. 5", "Article 5"),
        ("§12", "Paragraph 12"),
        ("Abschnitt 3.2", "section 3.2"),
        ("1000 euro", "1,000 euro"),
    ],
)
def test_an_identifier_is_known_in_another_form(index, asked, written):
    assert set(identifiers(asked)) & set(identifiers(written))
    fill(index, entry("a", f"This is {written} as agreed"), entry("b", "This is something else as agreed"))
    assert found(index, asked)[0] == "a"


GERMAN = "Der Urlaubsantrag ist zwei Wochen vorher im Portal zu stellen, und die Leitung genehmigt ihn."
ENGLISH = "The request for leave is to be made in the portal and is approved by the head of the team."


@pytest.fixture
def both(index):
    fill(index, entry("de", GERMAN), entry("en", ENGLISH), entry("none", "4711 KX 12"))
    return index


def test_each_language_is_stemmed_as_its_own(both):
    assert found(both, "Wer genehmigt Urlaubsanträge?")[0] == "de"
    assert found(both, "Who approves requests?")[0] == "en"
    assert found(both, "Welche Wochen?") == ["de"]


def test_a_word_inside_a_compound_is_found(both):
    assert found(both, "Antrag") == ["de"]


def test_joined_words_are_found_apart_and_together(index):
    fill(index, entry("a", "ReiseKosten"), entry("b", "Die E-Mail-Adresse"), entry("c", "Kostenstelle"))
    assert found(index, "Kosten")[0] == "a"
    assert found(index, "EMailAdresse")[0] == "b"
    assert found(index, "reise-kosten")[0] == "a"


def test_a_known_language_helps_where_the_text_does_not_say(index):
    fill(index, Entry("a", "v1", "d1", 1, "", "", "Genehmigungen Anträge", "de"))
    assert found(index, "Genehmigung") == ["a"]


def test_chunks_are_judged_by_how_they_are_written(index):
    fill(index, entry("a", "universal rules"), entry("b", "university rules"))
    scores = index.scores("university", ["a", "b", "unknown"])
    assert scores["b"] > scores["a"] > 0
    assert set(scores) == {"a", "b"}
    assert index.scores("university", []) == {}


def test_a_chunk_without_any_of_the_words_is_judged_zero(index):
    fill(index, entry("a", "travel"), entry("b", "hotel"))
    assert index.scores("travel", ["b"]) == {"b": 0.0}
