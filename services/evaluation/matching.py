"""Is what was said what is right? Words against gold answers."""

from collections import Counter
from collections.abc import Sequence

from services.evaluation import facts, wording

ENOUGH_F1 = 0.5
_ARTICLES = frozenset({"a", "an", "the"})


def gives(sentence: str, answers: Sequence[str]) -> bool:
    """Whether the sentence gives one of the gold spans."""
    return any(wording.holds(sentence, answer) or _gives_nearly(sentence, answer) for answer in answers)


def _gives_nearly(sentence: str, answer: str) -> bool:
    wanted = wording.tokens(answer)
    exact = {one.value for one in facts.figures(answer)} | facts.names(f"x {answer}")
    held = {one.value for one in facts.figures(sentence)} | facts.name_words(sentence)
    return exact <= held and best_f1(wording.tokens(sentence), wanted) >= ENOUGH_F1


def best_f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    """Token F1 of `wanted` with that stretch of `said`, of the same length, which shares most with it."""
    length = len(wanted)
    if not length or not said:
        return 0.0
    stretches = (said[start : start + length] for start in range(max(1, len(said) - length + 1)))
    return max(token_f1(stretch, wanted) for stretch in stretches)


def token_f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    shared = (Counter(said) & Counter(wanted)).total()
    return 2 * shared / (len(said) + len(wanted) or 1)


def answer_f1(text: str, answers: Sequence[str]) -> float:
    """The whole text's token F1 with the gold answer that it is nearest to (as SQuAD counts it)."""
    said = _bare(text)
    return max((token_f1(said, _bare(answer)) for answer in answers), default=0.0)


def is_exact(text: str, answers: Sequence[str]) -> bool:
    """The whole text is one of the gold answers, articles and marks aside."""
    said = _bare(text)
    return any(said == _bare(answer) for answer in answers)


def _bare(text: str) -> list[str]:
    return [token for token in wording.tokens(text) if token not in _ARTICLES]
