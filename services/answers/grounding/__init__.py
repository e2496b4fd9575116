"""Every sentence of an answer is tied to the passage sentence that supports it, or does not leave.

    index = grounding.index_passages(passages, question)      once per answer
    grounding.can_answer(index, thresholds)                   before the model is called
    draft = grounding.AnswerDraft(index, policy, thresholds)  feed() tokens, finish(), answer()
    grounding.check(sentence, index, thresholds)              one sentence
    grounding.quote(index, thresholds)                        the answer without a model

All of it is pure: text in, decisions out.
"""

from services.answers.grounding.citations import Citations, CitedSource
from services.answers.grounding.claims import is_model_refusal, neutralised, presentable
from services.answers.grounding.clarifying import Option, find_options, question_back
from services.answers.grounding.conflicts import Conflict, find_conflicts
from services.answers.grounding.drafting import (
    AnswerDraft,
    AnswerKind,
    GroundedAnswer,
    GroundedSentence,
    Policy,
    Status,
)
from services.answers.grounding.index import PassageIndex, index_passages
from services.answers.grounding.leaves import Leaf, LeafChecker
from services.answers.grounding.quoting import Answerability, Quote, can_answer, quote
from services.answers.grounding.sentences import Sentence, SentenceBuffer, join_sentences, split_sentences
from services.answers.grounding.support import Similarity, Support, check
from services.answers.grounding.thresholds import GroundingThresholds
from services.answers.grounding.words import all_stems, content_stems

__all__ = [
    "index_passages", "can_answer", "check", "quote", "is_model_refusal", "neutralised", "presentable",
    "split_sentences", "join_sentences", "content_stems", "all_stems",
    "AnswerDraft", "Answerability", "AnswerKind", "Citations", "CitedSource", "Conflict",
    "GroundedAnswer", "find_conflicts", "find_options", "question_back", "Option",
    "GroundedSentence", "GroundingThresholds", "Leaf", "LeafChecker", "PassageIndex", "Policy", "Quote",
    "Sentence", "SentenceBuffer", "Similarity", "Status", "Support",
]  # fmt: skip
