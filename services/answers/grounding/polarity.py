"""What a sentence denies, allows or demands: negated words, opposites, obligations and exceptions."""

# ruff: noqa: RUF001 (typographic quotes and dashes are meant)

import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.answers.grounding import words
from services.answers.grounding.vocabulary import word_map, word_set

_CUES = word_set(
    """
    not never no without cannot neither nor none nobody nothing hardly nicht nie niemals ohne
    niemand nichts weder kein keine keinen keinem keiner keines keinerlei unable
    """
)
# Cues that are counted: "neither … nor" is one denial, and "without" may be said for "no".
_DENYING = frozenset(["not", "never", "cannot", "nicht", "nie", "niemals"])
_EXCEPTIONS = frozenset(["unless", "except", "excluding", "ausser", "außer", "ausgenommen"])
_NOT_CUES = re.compile(
    r"\b(?:no(?=\.\s*\d)|not only|no later than|no more than|no less than|no longer than|not later than"
    r"|nicht nur|no earlier than|no fewer than|whether or not)\b",
    re.I,
)
_BOUNDS = word_map(
    """
    atmost: no later than, not later than, no more than, at most, up to, maximum, höchstens, maximal
    atmost: no longer than
    atleast: at least, no less than, no fewer than, minimum, mindestens, no earlier than
    above: more than, longer than, over, exceeding, mehr als, above
    below: less than, fewer than, under, weniger als, shorter than, below
    """
)
_BOUND = re.compile(
    r"\b(" + "|".join(sorted(_BOUNDS, key=len, reverse=True)) + r")\s+"
    r"(?=[€$£]?\s?(?:\d|an?\b|one|two|three|four|five|six|seven|eight|nine|ten|twelve|of))",
    re.I,
)
_BOUND_CLASHES = frozenset(
    frozenset(pair)
    for pair in (("atmost", "atleast"), ("above", "below"), ("atmost", "above"), ("atleast", "below"))
)
_FORBIDDING = word_map(
    """
    allow: prohibit, forbid, forbidden, ban, disallow
    erlaubt: verbot, untersagt
    zulässig: unzulässig
    """
)
_OPPOSITES = word_set(
    """
    increase/decrease increase/reduce rise/fall raise/lower before/after earlier/later more/less
    more/fewer most/least maximum/minimum include/exclude internal/external accept/reject
    approve/reject approve/deny allow/deny grant/deny begin/end start/end start/stop open/close
    opened/closed open/closed enable/disable mandatory/optional mandatory/voluntary require/optional
    higher/lower high/low above/below always/never all/none all/some full/partial full/part
    permanent/temporary public/private first/last inside/outside short/long old/new buy/sell
    employer/employee import/export win/lose weekday/weekend daily/weekly weekly/monthly
    daily/monthly monthly/annual monthly/yearly weekly/yearly weekly/annual day/night north/south
    east/west in-network/out-of-network male/female hot/cold upper/lower left/right add/remove
    encrypt/decrypt success/failure succeed/fail pass/fail gain/loss profit/loss morning/afternoon
    morning/evening major/minor front/back former/latter positive/negative young/old strong/weak
    erhöh/senk erhöht/gesenkt vor/nach früh/spät mehr/weniger erlaubt/verbot pflicht/freiwillig
    verpflichtend/freiwillig intern/extern steig/sink beginn/ende täglich/wöchentlich
    monatlich/jährlich maximal/mindest höchsten/mindesten
    """
)
_NEGATING_PREFIXES = ("un", "in", "non", "dis", "ir", "il", "im", "mis")
_MODALS = word_map(
    """
    must: must, shall, required, mandatory, obliged, muss, müssen
    may: may, can, could, might, optional, kann, können, darf, dürfen
    should: should, recommended, sollte, sollten
    """
)
_CLAUSE_END = re.compile(
    r"[,;:.!?()–—]|\b(?:but|however|whereas|while|aber|sondern|although)\b"
    r"|\band (?=(?:is|are|must|may|can|will|shall|should|was|were|has|have|had)\b)",
    re.I,
)
_NOT_ONLY = re.compile(r"\b(?:not only|nicht nur)\b")
_SCOPE = 3


def _opposite_table() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for one, two in (pair.split("/") for pair in _OPPOSITES):
        table.setdefault(words.stem(one), set()).add(words.stem(two))
        table.setdefault(words.stem(two), set()).add(words.stem(one))
    return {word: frozenset(opposites) for word, opposites in table.items()}


_OPPOSITE = _opposite_table()


@dataclass(frozen=True, slots=True)
class Polarity:
    """`negated` are the stems a negation reaches, `heads` the first of each; `denies`: any negation,
    `denials`: how often the verb itself is denied."""

    denies: bool
    negated: frozenset[str]
    heads: frozenset[str]
    excepts: bool
    not_only: bool
    modals: frozenset[str]
    bounds: frozenset[str]
    stems: frozenset[str]
    denials: int = 0


def read(text: str) -> Polarity:
    """Polarity of one sentence."""
    low = text.lower().replace("’", "'")
    plain = _NOT_CUES.sub(" ", low)
    reached = [found for clause in _CLAUSE_END.split(plain) if clause for found in _negations(clause)]
    spoken = [word for word, _, _ in words.tokens(low)]
    return Polarity(
        bool(reached),
        frozenset(stem for found in reached for stem in found),
        frozenset(found[0] for found in reached if found),
        any(word in _EXCEPTIONS for word in spoken),
        bool(_NOT_ONLY.search(low)),
        frozenset(_MODALS[word] for word in spoken if word in _MODALS),
        frozenset(_BOUNDS[match] for match in _BOUND.findall(low)),
        frozenset(_normal(words.stem(word)) for word in spoken),
        sum(word in _DENYING or word.endswith("n't") for word in spoken),
    )


def _negations(clause: str) -> Iterator[list[str]]:
    """For each negation of a clause the stems it reaches, nearest first."""
    spoken = [word for word, _, _ in words.tokens(clause)]
    for position, word in enumerate(spoken):
        if word in _CUES or word.endswith("n't"):
            yield _reached(spoken, position)
        elif words.stem(word) in _FORBIDDING:
            yield [_FORBIDDING[words.stem(word)]]


def _reached(spoken: list[str], position: int) -> list[str]:
    """The content words after a negation, or those before it where German puts the verb first."""
    after = [_normal(words.stem(word)) for word in spoken[position + 1 :] if not words.is_function_word(word)]
    if after:
        return after[:_SCOPE]
    before = [_normal(words.stem(word)) for word in spoken[:position] if not words.is_function_word(word)]
    return before[:-_SCOPE:-1]


def _normal(stem: str) -> str:
    return _FORBIDDING.get(stem, stem)


def contradiction(claim: Polarity, source: Polarity) -> str | None:
    """Why `claim` says the opposite of `source`, or None."""
    if (claim.denies and not source.denies) or claim.denials > source.denials:
        return "the source does not deny this"
    if source.excepts and not claim.excepts:
        return "the source names an exception that is left out"
    if "only" in claim.stems & source.stems and claim.not_only != source.not_only:
        return "“only” and “not only” are not the same"
    if source.heads & claim.stems - claim.negated:
        return "the source denies this"
    if claim.heads & source.stems - source.negated or (claim.negated and not claim.negated & source.negated):
        return "the source does not deny this"
    return _opposite_words(claim, source) or _other_force(claim, source)


def _opposite_words(claim: Polarity, source: Polarity) -> str | None:
    for word in claim.stems - source.stems:
        if any(opposite in source.stems for opposite in _OPPOSITE.get(word, ())):
            return f"“{word}” is the opposite of what the source says"
        if any(_is_prefixed(word, prefix, source.stems) for prefix in _NEGATING_PREFIXES):
            return f"“{word}” is the opposite of what the source says"
    return None


def _is_prefixed(word: str, prefix: str, stems: frozenset[str]) -> bool:
    bare = word.removeprefix(prefix)
    return (len(word) > 3 and prefix + word in stems) or (len(bare) > 3 and bare != word and bare in stems)


def _other_force(claim: Polarity, source: Polarity) -> str | None:
    for modal in claim.modals - source.modals:
        if source.modals and not (claim.modals & source.modals):
            return f"the source does not say “{modal}”"
    for bound in claim.bounds - source.bounds:
        if any(frozenset((bound, other)) in _BOUND_CLASHES for other in source.bounds - claim.bounds):
            return "a limit points the other way in the source"
    return None
