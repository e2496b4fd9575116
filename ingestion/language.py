"""Which language a document is written in, told from its letters; loaded once, by the first document."""

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

SAMPLE = 4000
"""Characters looked at: from the beginning, the middle and the end, a third each."""
LEAST_LETTERS = 24
LEAST_SURE = 0.9

not_words = re.compile(r"[\W\d_]+")


def language_of(text: str) -> str:
    """ISO 639-1 code, "" where there are too few words to tell, or too many languages."""
    sample = not_words.sub(" ", _sample(text))
    if sum(map(str.isalpha, sample)) < LEAST_LETTERS:
        return ""
    code, sure = _identifier().classify(sample.lower())
    return str(code) if sure >= LEAST_SURE else ""


def _sample(text: str) -> str:
    if len(text) <= SAMPLE:
        return text
    part, middle = SAMPLE // 3, len(text) // 2
    return f"{text[:part]} {text[middle : middle + part]} {text[-part:]}"


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
