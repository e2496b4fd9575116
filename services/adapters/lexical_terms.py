"""What the lexical index counts: words in their language, identifiers in one form, pieces of words, pairs.

All of it is plain text work; a question and a chunk go through the same functions, so that they meet.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from services.adapters.function_words import FUNCTION_WORDS

LONGEST_TERM = 60
GRAM = 4
FALLBACK = "en"
# So many function words of one language say which language a text is in.
SURE_OF_LANGUAGE = 3
TELLING_CHARACTERS = 1000

STEMMERS = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}

WORDS = re.compile(r"[^\W_]+")
JOINED = re.compile(r"\b\w+(?:[-\N{HYPHEN}\N{NON-BREAKING HYPHEN}]\w+)+\b")
HUMP = re.compile(r"(?<=[a-zà-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])")
QUOTED = re.compile(r"[\"“„»]([^\"“”„«»]{2,200})[\"”“«]")

# Words that hold a digit or are joined by signs.
IDENTIFIER = re.compile(r"\b(?:\w+(?:[-._/:#@]\w+)+|\w*?\d\w*)")
# `ISO 27001`, `err 4012`: a short word, a space, a number.
SPACED = re.compile(r"\b([^\W\d_]{2,8})\s(\d{2,}\w*)\b")
AMOUNT = re.compile(r"\b\d{1,3}(?:[.,'\N{RIGHT SINGLE QUOTATION MARK}\N{NO-BREAK SPACE}]\d{3})+\b")
REFERENCE_WORDS = {
    "§": "§ paragraph paragraphs para paragraf paragrafen",
    "art": "art article articles artikel artikels artículo articolo artigo",
    "sec": "sec section sections abschnitt abschnitte",
    "abs": "abs absatz subsection alinea alinéa",
    "no": "no nr nummer number ziffer",
    "ch": "chapter kapitel chapitre capítulo",
    "annex": "annex anhang anlage appendix annexe",
    "clause": "clause klausel",
    "table": "table tabelle tabla tabella",
    "figure": "figure fig abbildung abb",
}
_KIND_OF = {word: kind for kind, words in REFERENCE_WORDS.items() for word in words.split()}
REFERENCE = re.compile(r"\b([^\W\d_]+)\.?\s*(\d[\w.]*)|(§)\s*(\d[\w.]*)")
SIGN_BESIDE_LETTER = re.compile(r"(?<=[^\W\d])[-_/:#]+|[-_/:#]+(?=[^\W\d])")


def language_of(text: str, among: Iterable[str] | None = None) -> str:
    """The language whose function words the text is full of; empty when they do not say."""
    words = WORDS.findall(text[:TELLING_CHARACTERS].lower())
    counted = {
        language: sum(map(known.__contains__, words))
        for language, known in FUNCTION_WORDS.items()
        if among is None or language in among
    }
    best = max(counted, key=lambda language: counted[language], default="")
    enough = min(SURE_OF_LANGUAGE, max(1, len(words) // 4))
    tied = list(counted.values()).count(counted.get(best, 0)) > 1
    return "" if not best or tied or counted[best] < enough else best


def words(text: str, language: str) -> list[str]:
    """The stems of a text, followed by what its joined words are made of and make together."""
    return stems(" ".join([text, *parts(text)]), language)


def stems(text: str, language: str) -> list[str]:
    return list(_stemming(language if language in STEMMERS else FALLBACK).analyze(text))


def separate(text: str) -> list[str]:
    """The words as they stand."""
    return [match.group() for match in WORDS.finditer(text)]


def parts(text: str) -> list[str]:
    """`E-Mail` is also `EMail`, `ReiseKosten` is also `Reise` and `Kosten`."""
    joined = ["".join(WORDS.findall(word)) for word in JOINED.findall(text)]
    if HUMP.search(text) is None:
        return joined
    humps = [part for word in WORDS.findall(text) for part in _humps(word)]
    return joined + humps


def as_written(text: str) -> list[str]:
    """The words as they stand, in lower case and without accents."""
    return list(_plain().analyze(text))


def content(text: str, language: str) -> str:
    """A text without its language's function words; the whole of it when there is nothing else."""
    known = FUNCTION_WORDS.get(language, frozenset())
    return " ".join(word for word in WORDS.findall(text) if word.lower() not in known) or text


def pairs(stemmed: Sequence[str]) -> list[str]:
    """Neighbouring words as one term each, which is much rarer than either of them."""
    return [f"{one}~{other}" for one, other in pairwise(stemmed) if one != other]


def grams(written: Iterable[str]) -> list[str]:
    """The words' pieces of four letters, which find `Antrag` in `Urlaubsantrag`."""
    return [gram for word in written for gram in _grams(word)]


def quotations(text: str) -> list[str]:
    """What stands in quotation marks."""
    return [match.group(1) for match in QUOTED.finditer(text)]


def identifiers(text: str) -> list[str]:
    """Codes, numbers, amounts and references such as `§ 12` or `Art. 5`, each in one form, in order.

    `ERR-4012`, `ERR 4012` and `err_4012` are one; so are `1,000` and `1000`, `Article 5` and `Art. 5`.
    """
    text = unicodedata.normalize("NFKC", text)
    found = [
        *_references(text),
        *(letters + number for letters, number in SPACED.findall(text)),
        *(re.sub(r"\D", "", amount) for amount in AMOUNT.findall(text)),
        *IDENTIFIER.findall(text),
    ]
    codes = (SIGN_BESIDE_LETTER.sub("", code.lower().strip(".:-_/#@")).strip(".") for code in found)
    return list(dict.fromkeys(code for code in codes if code and len(code) <= LONGEST_TERM))


def _references(text: str) -> Iterator[str]:
    for word, number, sign, numbered in REFERENCE.findall(text):
        kind = _KIND_OF.get(sign or word.lower())
        if kind is not None:
            yield kind + (number or numbered)


@lru_cache(maxsize=200_000)
def _grams(word: str) -> tuple[str, ...]:
    framed = f"_{word}_"
    return tuple(framed[start : start + GRAM] for start in range(max(1, len(framed) - GRAM + 1)))


@lru_cache(maxsize=100_000)
def _humps(word: str) -> tuple[str, ...]:
    found = tuple(HUMP.split(word))
    return found if len(found) > 1 else ()


@cache
def _stemming(language: str) -> TextAnalyzer:
    stemmer = Filter.stemmer(STEMMERS[language])
    # Stemmed before its accents go: a stemmer knows its language's endings with them.
    return _analyzer(Filter.remove_long(LONGEST_TERM), Filter.lowercase(), stemmer, Filter.ascii_fold())


@cache
def _plain() -> TextAnalyzer:
    return _analyzer(Filter.remove_long(LONGEST_TERM), Filter.lowercase(), Filter.ascii_fold())


def _analyzer(*steps: Filter) -> TextAnalyzer:
    builder = TextAnalyzerBuilder(Tokenizer.simple())
    for step in steps:
        builder = builder.filter(step)
    return builder.build()
