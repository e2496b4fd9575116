"""The operating point of the grounding; it is part of the lock, so a release answers alike everywhere."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True, slots=True)
class GroundingThresholds:
    """Shares of words are weighted by how rare a word is among the passages' sentences.

    `claim_recall`: share of a claim's words that its source must have. `claim_recall_similar`: the same where
    the embeddings are at least `similarity` alike. `pair_recall`: for two neighbouring sentences together.
    `short_claim_words`: a claim of at most so many content words must also have a source that speaks of the
    question: at least `short_claim_coverage` of its words, and `short_claim_share` of the best sentence's.
    `answer_coverage`: share of the question's words the best passage must have, at a cosine of
    `answer_nearest`; a nearer meaning makes up for fewer words, point for point. Below it the model is not
    asked. `quote_coverage` and `quote_nearest`: the same for one quoted sentence,
    and `quote_margin_doubted` more of it where the model says that the documents do not answer (0 for the
    demo model, which said so of 9 in 132 questions that had an answer and of none in 16 that had none; a
    larger model's release may trust it more).
    `answering_share`: a sentence answers when its source has this share of the best one's question words.
    """

    claim_recall: float = 0.7
    claim_recall_similar: float = 0.4
    similarity: float = 0.75
    pair_recall: float = 0.85
    short_claim_words: float = 3
    short_claim_coverage: float = 0.3
    short_claim_share: float = 0.7
    answer_coverage: float = 0.5
    answer_nearest: float = 0.36
    answering_share: float = 0.75
    quote_coverage: float = 0.5
    quote_nearest: float = 0.45
    quote_margin_doubted: float = 0.0

    def as_lock(self) -> dict[str, float]:
        """What the lock names."""
        return asdict(self)

    @classmethod
    def from_lock(cls, values: Mapping[str, float]) -> "GroundingThresholds":
        """The operating point that a lock names; what it does not name keeps its default."""
        known = {name: values[name] for name in asdict(cls()) if name in values}
        return replace(cls(), **known)
