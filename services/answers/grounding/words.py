"""Words as the grounding compares them: tokens with offsets, light stems, and which of them carry content."""

# ruff: noqa: RUF001 (typographic quotes and dashes are meant)

import re
from functools import lru_cache

from services.answers.grounding import quantities
from services.answers.grounding.vocabulary import word_map, word_set

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_COMPOUND = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+")

_FUNCTION_EN = word_set(
    """
    a an the this that these those it its they them their theirs he him his she her hers we us our
    ours you your yours i me my mine who whom whose which what when where why how if then than so as
    at by for from in into of off on onto out over per to under up upon via with within about across
    against along among around between beyond down during through throughout till toward towards
    until and or but nor both either be am is are was were been being do does did doing done have
    has had having will would shall should can could may might must ought need there here also just
    only very too such some any each every all other another own same more most much many few less
    least again further once not no never without cannot don't doesn't didn't isn't aren't wasn't
    weren't won't wouldn't shouldn't can't couldn't mustn't haven't hasn't hadn't it's that's
    there's let's because while since although though however therefore thus hence unless except get
    gets got getting yes please s t re ve ll m d
    """
)
_FUNCTION_DE = word_set(
    """
    der die das den dem des ein eine einen einem einer eines und oder aber auch nicht kein keine
    keinen keinem keiner nie ohne ist sind war waren sein wird werden wurde wurden worden haben hat
    hatte hatten kann können darf dürfen muss müssen soll sollen sollte ich du er sie es wir ihr
    ihre ihren ihrem ihrer seine seinen mein mit von vom zu zum zur bei beim für auf aus an am im in
    ins um über unter vor nach bis ab durch gegen wie was wer wen wem wo wann warum welche welcher
    welches welchen als ob wenn falls dass weil dann denn so noch nur schon sehr mehr man sich hier
    dort dies diese dieser dieses diesen diesem alle jede jeder jedes sowie bzw etwa je pro viel
    viele wieviel ja nein
    """
)
_FUNCTION = _FUNCTION_EN | _FUNCTION_DE
_GERMAN_MARKS = (_FUNCTION_DE - _FUNCTION_EN) - {
    "in",
    "am",
    "an",
    "war",
    "so",
    "des",
    "die",
    "man",
    "hat",
    "bei",
}

# Words that speak about the answer or its source, not about the matter itself.
_FILLER = word_set(
    """
    accord answer base cite context data document excerpt file find follow given inform information
    line mention note page paragraph passage provid provide question refer section sentence source
    important ensur specifi specify stat state text accordingly specifically currently typically generally
    quelle dokument laut gemäß abschnitt antwort frage folgend angab
    """
)
_IRREGULAR = word_map(
    """
    use: used, using
    pay: paid, pays
    give: given, gave
    take: taken, took
    hold: held
    keep: kept
    send: sent
    make: made
    leave: left
    child: children
    person: people
    go: went, gone
    say: said
    tell: told
    find: found
    begin: began, begun
    write: written, wrote
    choose: chosen, chose
    buy: bought
    bring: brought
    meet: met
    lead: led
    build: built
    know: known, knew
    wife: wives
    life: lives
    die: died, dies
    employee: employees
    employer: employers
    """
)
# Words that say the same in a company's papers; everything else must be copied.
_SAME = word_map(
    """
    receiv: grant, entitl, obtain, earn, give, erhalt, bekomm
    begin: start, commenc, beginn
    end: finish, expir, laps
    purchas: buy
    help: assist, support
    use: utiliz, utilis
    employe: employee, staff, worker, mitarbeiter, mitarbeiterin, beschäftigt
    holiday: vacation
    submit: file, hand
    allow: permit, authoriz, authoris
    requir: need, necessary
    contact: call, phone
    show: display
    maximum: max
    minimum: min
    phone: telephon
    email: mail
    year: annual, yearly
    day: daily
    month: monthly
    week: weekly
    """
)
_SUFFIXES = ("ing", "edly", "ed", "ly", "es", "s", "en", "e")


def tokens(text: str) -> list[tuple[str, int, int]]:
    """Every word of `text` as written, with its offsets."""
    return [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A light stem, the same for both sides: it joins inflections and never word families."""
    low = word.lower().replace("’", "'").replace("ß", "ss")
    low = low.removesuffix("'s").removesuffix("s'")
    if low in _IRREGULAR:
        low = _IRREGULAR[low]
    found = _strip(low) if len(low) > 3 and low.isalpha() else low
    return _SAME.get(found, found)


def _strip(low: str) -> str:
    if low.endswith(("ss", "us", "is", "ee")):
        return low
    if low.endswith("ies") and len(low) > 4:
        return low[:-3] + "y"
    if low.endswith("ied") and len(low) > 4:
        return low[:-3] + "y"
    for suffix in _SUFFIXES:
        base = low.removesuffix(suffix)
        if base != low and len(base) >= 3 and any(vowel in base for vowel in "aeiouyäöü"):
            return _settle(base, suffix)
    return low


def _settle(base: str, suffix: str) -> str:
    if suffix in ("ing", "ed") and len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz":
        return base[:-1]
    base = base.removesuffix("e") if len(base) > 3 and not base.endswith("ee") else base
    return base[:-1] + "y" if base.endswith("i") and suffix in ("es", "ed", "ly") else base


def is_function_word(word: str) -> bool:
    """Articles, pronouns, auxiliaries and the like, English or German."""
    return word.lower().replace("’", "'") in _FUNCTION


def content_stems(text: str) -> list[str]:
    """Stems of the words that carry content, in order; numbers are left to the facts."""
    return [stem(word) for word, _, _ in tokens(text) if _has_content(word)]


def compounds(text: str) -> frozenset[str]:
    """Words joined by hyphens, as one: "out-of-network" is not "in-network"."""
    return frozenset(match.group().lower() for match in _COMPOUND.finditer(text))


def all_stems(text: str) -> frozenset[str]:
    """Stems of all words, function words too."""
    return frozenset(stem(word) for word, _, _ in tokens(text))


def _has_content(word: str) -> bool:
    if word[0].isdigit() or is_function_word(word) or word.lower() in quantities.SPELLED:
        return False
    return stem(word) not in _FILLER


def is_german(text: str) -> bool:
    """More German function words than English ones."""
    low = [word.lower() for word, _, _ in tokens(text)]
    return sum(word in _GERMAN_MARKS for word in low) > sum(word in _FUNCTION_EN for word in low)
