"""What people ask in vain: words of refused or badly rated questions that at least three others used.

A topic is a word and what is asked together with it. Nothing is told that fewer than three people said: no
question, no name, no rarer word. A question counts only where its reader may read all that was found for it,
and none of the reader's own, who would know what the other two said.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from services.adapters import lexical_terms
from services.answers import records
from services.database.tables.answers import REFUSED, Answer, AnswerFeedback
from services.identity.callers import Caller

ASKERS_AT_LEAST = 3
MOST_QUESTIONS = 5000
MOST_TOPICS = 50
COMPANIONS = 3
SHORTEST_WORD = 3
LONGEST_QUESTION = 500
"""Characters of a question that are read for its words."""
_Gathered = Sequence[Row[str, str, str, bool, datetime]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that came to nothing: who asked is used for counting and goes no further."""

    asker: str
    words: dict[str, str]
    """Stem → the word as it stood."""
    refused: bool
    rated_badly: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Topic:
    """Words by how many used them, the first of which makes the topic."""

    words: tuple[str, ...]
    questions: int
    refused: int
    rated_badly: int
    last: date
    """No closer than the day, or it would tell whose question it was."""


def gather(session: Session, caller: Caller, since: datetime) -> _Gathered:
    """What came to nothing since then, for `find` to look at once no transaction is open."""
    bad = AnswerFeedback.is_good.is_(False)
    return session.execute(
        select(Answer.asked_by, Answer.question, Answer.state, AnswerFeedback.is_good, Answer.created_at)
        .outerjoin(AnswerFeedback, AnswerFeedback.answer_id == Answer.id)
        .where(
            Answer.created_at >= since,
            Answer.asked_by != caller.person_id,
            (Answer.state == REFUSED) | bad,
            records.sources_readable_by(caller),
        )
        .order_by(Answer.created_at.desc())
        .limit(MOST_QUESTIONS)
    ).all()


def find(gathered: _Gathered) -> list[Topic]:
    """The topics asked for most."""
    asked = [
        Asked(asker, words_of(question), state == REFUSED, is_good is False, at)
        for asker, question, state, is_good, at in gathered
    ]
    return list(topics(asked))


def words_of(question: str) -> dict[str, str]:
    """What the question is about, by stem: no function words, no numbers, nothing very short."""
    question = question[:LONGEST_QUESTION]
    language = lexical_terms.language_of(question)
    found: dict[str, str] = {}
    for word in lexical_terms.separate(lexical_terms.content(question, language).lower()):
        if len(word) >= SHORTEST_WORD and not any(sign.isdigit() for sign in word):
            for stem in lexical_terms.stems(word, language):
                found.setdefault(stem, word)
    return found


def topics(asked: Sequence[Asked]) -> Iterator[Topic]:
    """The word that most people used, its questions set aside, then the next; each question counts once."""
    left = list(asked)
    for _ in range(MOST_TOPICS):
        spread = _spread(left)
        if not spread:
            return
        stem = min(spread, key=lambda one: (-spread[one], one))
        inside = [one for one in left if stem in one.words]
        yield _topic(stem, inside)
        left = [one for one in left if stem not in one.words]


def _spread(asked: Iterable[Asked]) -> dict[str, int]:
    """How many people used each stem, of those that enough did."""
    return _told_by_enough(asked, lambda one: one.words)


def _told_by_enough(asked: Iterable[Asked], said: Callable[[Asked], Iterable[str]]) -> dict[str, int]:
    who: defaultdict[str, set[str]] = defaultdict(set)
    for one in asked:
        for word in said(one):
            who[word].add(one.asker)
    return {word: len(askers) for word, askers in who.items() if len(askers) >= ASKERS_AT_LEAST}


def _topic(stem: str, inside: Sequence[Asked]) -> Topic:
    spread = _spread(inside)
    others = sorted((one for one in spread if one != stem), key=lambda one: (-spread[one], one))
    return Topic(
        words=tuple(_word(one, inside) for one in (stem, *others[:COMPANIONS])),
        questions=len(inside),
        refused=sum(one.refused for one in inside),
        rated_badly=sum(one.rated_badly for one in inside),
        last=max(one.at for one in inside).date(),
    )


def _word(stem: str, inside: Sequence[Asked]) -> str:
    """The form that enough people wrote; the bare stem where each wrote another one."""
    forms = _told_by_enough(inside, lambda one: [one.words[stem]] if stem in one.words else [])
    return Counter(forms).most_common(1)[0][0] if forms else stem
