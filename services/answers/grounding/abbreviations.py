"""Does this full stop end a sentence? Decided from the text before it and the one word after it."""

# ruff: noqa: RUF001 (typographic quotes and dashes are meant)

import re

from services.answers.grounding.vocabulary import word_set

_NEVER_LAST = word_set(
    """
    dr mr mrs ms prof hon st hr fr frl dipl ing vgl ca approx e.g i.e z.b d.h u.a s.o s.u bzw bspw
    inkl exkl zzgl ggf evtl insb cf vs viz incl excl min max tel str sog gem lt geb resp max. al
    dept est gen rev sgt capt lt col mt zb eg
    """
)
_BEFORE_NUMBER = word_set(
    """
    no nos nr art abs fig figs abb tab p pp s sec sect ch chap vol ver kap ziff bd para rn anl app
    eq ref zif pos bl jan feb mar mär apr jun jul aug sep sept okt oct nov dez dec
    """
)
_LAST_BEFORE_CAPITAL = frozenset(["etc", "usw", "a.m", "p.m", "am", "pm", "uhr"])
_LAST_BEFORE_STARTER = word_set(
    """
    inc ltd co corp gmbh jr sr plc llc bros u.s u.k e.v
    """
)
_STARTERS = word_set(
    """
    the a an this that these those it its they he she we you i if in on at for from when while where
    there then all any each no not our their his her as after before by with to how what who why
    however both some employees please der die das ein eine dies diese dieser dieses es er sie wir
    ihr ich wenn falls im am bei für von vor nach auch alle jeder jede kein keine hier dort dann und
    aber oder zur zum mit
    """
)
_MONTHS = word_set(
    """
    januar jänner februar märz april mai juni juli august september oktober november dezember
    january february march may june july october december jan feb mär mar apr jun jul aug sep okt
    oct nov dez dec
    """
)
_ORDINAL_NOUNS = word_set(
    """
    quartal halbjahr stock tag monat jahr jahrhundert etage abschnitt kapitel auflage stufe mahnung
    woche lebensjahr absatz platz klasse semester geschoss
    """
)
_ORDINAL_LEADS = word_set(
    """
    am der die das dem den des zum zur vom bis im ab beim seit jeder jedem jedes
    """
)
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_SPACED_PAIR = re.compile(r"(?:^|[\s(])[a-zäöü]\.\s*[^\W\d_]\.$")
_OPENING = "\"'„“”‘’»«([*_"


def ends_sentence(before: str, following: str) -> bool:
    """`before` runs up to and with the full stop; `following` is the word that comes next."""
    token = before.rstrip(".").split()[-1].lstrip(_OPENING) if before.strip(". \n\t") else ""
    word = following.strip(_OPENING + ".,;:!?)]").lower()
    first = following.lstrip(_OPENING)[:1]
    if _always_goes_on(token.lower(), following):
        return False
    if len(token) == 1 and token.isalpha():
        return _letter_ends(before, token, following, word)
    if token.isdigit() and len(token) <= 3:
        return _figure_ends(before, word, first)
    return _word_ends(token, word, first)


def _always_goes_on(low: str, following: str) -> bool:
    figure_follows = any(character.isdigit() for character in following)
    return low in _NEVER_LAST or (low in _BEFORE_NUMBER and figure_follows)


def _word_ends(token: str, word: str, first: str) -> bool:
    low = token.lower()
    if low in _LAST_BEFORE_CAPITAL:
        return first.isupper()
    if low in _LAST_BEFORE_STARTER or _DOTTED.fullmatch(token):
        return word in _STARTERS
    if first.islower():
        return len(token) >= 5 and token.isalpha() and token.islower()
    return True


def _letter_ends(before: str, token: str, following: str, word: str) -> bool:
    """Initials ("J. Smith") and spaced abbreviations ("z. B.") go on; "Plan B. The" does not."""
    if re.match(r"[^\W\d_]\.", following) or _SPACED_PAIR.search(before):
        return False
    return word in _STARTERS if token.isupper() else not following[:1].islower()


def _figure_ends(before: str, word: str, first: str) -> bool:
    """German ordinals ("am 3. März", "im 2. Quartal") go on; "The limit is 30. The" does not."""
    if word in _MONTHS or word in _ORDINAL_NOUNS or first.islower():
        return False
    words = before.split()
    lead = words[-2].lower() if len(words) > 1 else ""
    return not (lead in _ORDINAL_LEADS and word not in _STARTERS)
