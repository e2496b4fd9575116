"""An answer while it is written: takes the model's tokens, lets checked sentences out, and closes it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from services.answers.grounding import claims, completing, conflicts, quoting
from services.answers.grounding.citations import Citations, CitedSource
from services.answers.grounding.conflicts import Conflict
from services.answers.grounding.index import PassageIndex
from services.answers.grounding.sentences import SentenceBuffer, join_sentences
from services.answers.grounding.support import Similarity, Support, check
from services.answers.grounding.thresholds import GroundingThresholds

Policy = Literal["strict", "flag", "off"]
Status = Literal["supported", "quoted", "flagged", "unchecked"]
AnswerKind = Literal["generated", "quoted", "refused"]

_REPEATS_AT_MOST = 3
_ENOUGH, _ENOUGH_FOR_WIDE = 2, 4
_BESIDE = 0.4
_POINTS_BACK = re.compile(
    r"(?:this|these|those|such|dies|diese[rsmn]?)\s+(?:\w+s|also|is|are|can|may|will|must|sind|ist|kann)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class GroundedSentence:
    """A sentence that may leave the server, with what stands behind it; `pointer` is its place in JSON."""

    index: int
    text: str
    status: Status
    citations: tuple[CitedSource, ...] = ()
    reason: str = ""
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class GroundedAnswer:
    """The finished answer; `dropped` are the sentences that were held back, with the reason of each."""

    kind: AnswerKind
    policy: Policy
    sentences: tuple[GroundedSentence, ...]
    citations: tuple[CitedSource, ...]
    dropped: tuple[Support, ...]
    conflicts: tuple[Conflict, ...] = ()

    @property
    def text(self) -> str:
        """What a reader sees, lists and tables on lines of their own."""
        return join_sentences([sentence.text for sentence in self.sentences])


class AnswerDraft:
    """One answer under one policy. Nothing unsupported leaves it under `strict`."""

    def __init__(
        self,
        index: PassageIndex,
        policy: Policy = "strict",
        thresholds: GroundingThresholds | None = None,
        similarity: Similarity | None = None,
    ) -> None:
        self._index = index
        self._policy = policy
        self._thresholds = thresholds or GroundingThresholds()
        self._similarity = similarity
        self._buffer = SentenceBuffer()
        self._sentences: list[GroundedSentence] = []
        self._citations = Citations()
        self._dropped: list[Support] = []
        self._said: set[str] = set()
        self._held: list[Support] = []
        self._repeats = 0
        self._conflicts: tuple[Conflict, ...] = ()

    def feed(self, token_text: str) -> list[GroundedSentence]:
        """Sentences that are complete and may be shown now."""
        return self.judge(self.take(token_text))

    def take(self, token_text: str) -> list[str]:
        """Sentences that the text has completed, unjudged: cheap, and most tokens complete none."""
        return self._buffer.feed(token_text)

    def judge(self, texts: Iterable[str]) -> list[GroundedSentence]:
        """Those of the sentences taken that may be shown now; this reads sources, and may embed."""
        return [sentence for text in texts for sentence in self._judge(text)]

    def finish(self) -> list[GroundedSentence]:
        """The last sentences of the model, then the quotation where none of them answers the question."""
        shown = self.judge(self._buffer.finish()) + self._quote_if_unanswered()
        shown += self._complete()
        self._dropped += self._held
        return shown + self._say_conflicts()

    @property
    def is_going_round(self) -> bool:
        """The model says the same again and again: nothing more is to be had from it."""
        return self._repeats >= _REPEATS_AT_MOST

    def answer(self) -> GroundedAnswer:
        """What has been let out so far; after a stop, without the unfinished sentence."""
        kinds: set[Status] = {sentence.status for sentence in self._sentences}
        kind: AnswerKind = "refused" if not kinds else "quoted" if kinds == {"quoted"} else "generated"
        return GroundedAnswer(
            kind,
            self._policy,
            tuple(self._sentences),
            self._citations.all(),
            tuple(self._dropped),
            self._conflicts,
        )

    def _judge(self, text: str) -> list[GroundedSentence]:
        if self._policy == "off":
            shown = claims.neutralised(text, "").strip()
            return [self._keep(shown, "unchecked")] if shown else []
        support = check(text, self._index, self._thresholds, self._similarity)
        key = " ".join(support.shown.casefold().split()).rstrip(".!?;: ")
        if not key or key in self._said:
            self._repeats += bool(key)
            self._dropped.append(support)
            return []
        self._repeats = 0
        self._said.add(key)
        if support.is_supported:
            return self._let_out(support)
        if self._policy == "strict" or support.verdict == "refusal":
            self._dropped.append(support)
            return []
        status: Status = "unchecked" if support.verdict == "empty" else "flagged"
        return [self._keep(support.shown, status, reason=support.reason)]

    def _let_out(self, support: Support) -> list[GroundedSentence]:
        """A true sentence waits until one that answers stands beside it: alone it would mislead."""
        if _leans_on_more(support.shown, is_first=not self._sentences and not self._held):
            self._dropped.append(support)
            return []
        if claims.read(support.shown).kind not in ("item", "row"):
            self._drop_lead_ins()
        self._held.append(support)
        if _is_lead_in(support.shown) or not self._may_leave():
            return []
        ready, self._held = self._held, []
        return [
            self._keep(one.shown, "supported", (self._cite_support(one),))
            for one in ready
            if not self._is_beside(one)
        ]

    def _may_leave(self) -> bool:
        return self._answers_the_question() or any(self._is_answer(one) for one in self._held)

    def _is_beside(self, support: Support) -> bool:
        """Hardly anything of the question is in its source, and the answer is long enough without it.

        A small model goes on through the source's other sentences, each of them true.
        """
        is_wide = self._index.question.expected in ("any", "reply")
        if len(self._sentences) < (_ENOUGH_FOR_WIDE if is_wide else _ENOUGH):
            return False
        is_beside = self._relevance(support) < _BESIDE * max(self._index.relevances, default=0.0)
        if is_beside:
            self._dropped.append(support)
        return is_beside

    def _drop_lead_ins(self) -> None:
        """A lead-in whose list did not follow introduces nothing."""
        self._dropped += [one for one in self._held if _is_lead_in(one.shown)]
        self._held = [one for one in self._held if not _is_lead_in(one.shown)]

    def _is_answer(self, support: Support) -> bool:
        best = max(self._index.relevances, default=0.0)
        if not best:
            return True
        reached = self._relevance(support)
        return reached > 0 and reached >= self._thresholds.answering_share * best

    def _relevance(self, support: Support) -> float:
        passage = support.passage
        return self._index.relevance_at(passage, support.stored_start) if passage else 0.0

    def _keep(
        self, text: str, status: Status, citations: tuple[CitedSource, ...] = (), reason: str = ""
    ) -> GroundedSentence:
        kept = GroundedSentence(len(self._sentences), text, status, citations, reason)
        self._sentences.append(kept)
        return kept

    @property
    def _is_doubted(self) -> bool:
        return any(support.verdict == "refusal" for support in self._dropped)

    def _quote_if_unanswered(self) -> list[GroundedSentence]:
        """Under `off` the model has the last word; after its refusal a quotation must fit better."""
        if self._policy == "off" or self._answers_the_question():
            return []
        quotes = quoting.quote(self._index, self._thresholds, self._similarity, is_doubted=self._is_doubted)
        return [self._keep(found.text, "quoted", (self._cite(found),)) for found in quotes]

    def _complete(self) -> list[GroundedSentence]:
        """What the best sources say besides, where the model's few words leave a wider question open."""
        if self._policy == "off" or self.answer().kind != "generated":
            return []
        said = [one.text for one in self._sentences]
        quotes = completing.further_quotes(
            self._index, self._thresholds, self._similarity, said, self._citations.all()
        )
        return [self._keep(found.text, "quoted", (self._cite(found),)) for found in quotes]

    def _answers_the_question(self) -> bool:
        """Whether a sentence that stands rests on a source that speaks of the question about as well as any.

        A true sentence about something else is not an answer: a small model often repeats the nearest one.
        """
        if any(sentence.status == "flagged" for sentence in self._sentences):
            return True
        cited = [place for sentence in self._sentences for place in sentence.citations]
        reached = max((self._index.relevance_at(one.passage, one.start) for one in cited), default=0.0)
        best = max(self._index.relevances, default=0.0)
        return bool(cited) and reached >= self._thresholds.answering_share * best

    def _say_conflicts(self) -> list[GroundedSentence]:
        """Where another source states otherwise what was just said, the reader hears both."""
        cited = self._citations.all()
        self._conflicts = conflicts.find_conflicts(self._index, cited, self._citations)
        told = conflicts.sentences(self._conflicts, self._index.question.text)
        return [self._keep(text, "supported", (found.one, found.other)) for text, found in told]

    def _cite_support(self, support: Support) -> CitedSource:
        if support.passage is None:
            raise ValueError("a supported sentence has a passage")
        return self._citations.number(support.passage, support.start, support.end)

    def _cite(self, found: quoting.Quote) -> CitedSource:
        return self._citations.number(found.passage, found.start, found.end)


def _is_lead_in(text: str) -> bool:
    return text.endswith(":")


def _leans_on_more(text: str, *, is_first: bool) -> bool:
    """ "This includes medicines": nobody can tell what "this" is when nothing stands before it."""
    return is_first and bool(_POINTS_BACK.match(text))
