"""Word lists are written as text, one meaning a line, and read here."""


def word_set(text: str) -> frozenset[str]:
    """Words divided by white space."""
    return frozenset(text.split())


def word_map(text: str) -> dict[str, str]:
    """Lines of "meaning: phrase, phrase", read as phrase → meaning."""
    found = {}
    for line in text.strip().splitlines():
        meaning, _, phrases = line.partition(":")
        found.update({phrase.strip(): meaning.strip() for phrase in phrases.split(",")})
    return found
