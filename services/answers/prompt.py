"""The prompt of an answer: sources within the token budget, best first, and nothing in them that acts."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import Template

from services.answers import grounding
from services.passages import Passage

Message = Mapping[str, str]
CountTokens = Callable[[Sequence[str]], Sequence[int]]

FOLDER = Path(__file__).with_name("prompts")
TEMPLATES = ("answer_system.md", "answer_user.md", "answer_json.md", "follow_up.md")

# What a chat template wraps around two messages, and what joining separately counted pieces may add.
_FRAME_TOKENS = 48
_TOKENS_PER_JOIN = 2
_SHORTEST_PART = 48
_LONGEST_TURN = 600

# Invisible characters carry instructions that no reader of the document sees.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
    "\ufe00-\ufe0f\U000e0000-\U000e01ef]"
)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent to the model; `passages` are those that fitted, the last one perhaps cut at a sentence."""

    messages: tuple[Message, ...]
    passages: tuple[Passage, ...]
    tokens: int
    template_digest: str
    rendered_hash: str


@dataclass(frozen=True, slots=True)
class _Block:
    """One source as the model reads it."""

    passage: Passage
    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question, and the schema of its answer where there is one, both harmless."""

    question: str
    schema: str

    def user_text(self, sources: str) -> str:
        template = _templates()["answer_json.md" if self.schema else "answer_user.md"]
        return Template(template).substitute(sources=sources, question=self.question, schema=self.schema)


def build_prompt(
    question: str,
    passages: Sequence[Passage],
    count_tokens: CountTokens,
    budget_tokens: int,
    special_tokens: Sequence[str] = (),
    *,
    schema: Mapping[str, object] | None = None,
) -> Prompt:
    """System and user message of at most `budget_tokens`, each text counted once.

    `special_tokens` are those of the served tokenizer, made harmless besides the known ones; under a `schema`
    JSON is asked for instead of sentences.
    """
    writer = _Writer(count_tokens, tuple(special_tokens))
    asked = _Asked(
        harmless(" ".join(question.split()), special_tokens),
        harmless(json.dumps(schema, ensure_ascii=False), special_tokens) if schema else "",
    )
    system = _templates()["answer_system.md"]
    frame = sum(count_tokens([system, asked.user_text("")])) + _FRAME_TOKENS
    blocks = writer.blocks(passages, budget_tokens - frame)
    user = asked.user_text("\n\n".join(block.text for block in blocks))
    messages: tuple[Message, ...] = ({"role": "system", "content": system}, {"role": "user", "content": user})
    return Prompt(
        messages,
        tuple(block.passage for block in blocks),
        frame + sum(block.tokens + _TOKENS_PER_JOIN for block in blocks),
        prompts_digest(),
        _digest(messages),
    )


def build_follow_up(
    question: str, turns: Sequence[tuple[str, str]], special_tokens: Sequence[str] = ()
) -> tuple[Message, ...]:
    """The request to write a follow-up question so that it stands alone; turns are questions and answers."""
    told = "\n".join(
        f"User: {harmless(asked, special_tokens)}\nAnswer: {harmless(said[:_LONGEST_TURN], special_tokens)}"
        for asked, said in turns
    )
    text = Template(_templates()["follow_up.md"]).substitute(
        turns=told, question=harmless(question, special_tokens)
    )
    return ({"role": "user", "content": text},)


def harmless(text: str, special_tokens: Sequence[str] = ()) -> str:
    """Document or user text in which no chat token, source tag or invisible character is left."""
    plain = _INVISIBLE.sub("", text)
    for token in special_tokens:
        if token.strip():
            plain = plain.replace(token, token[:1] + " " + token[1:])
    return grounding.neutralised(plain)


def prompts_digest() -> str:
    """Digest of every template, for the lock."""
    return _digest(_templates())


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes sources and knows how long they are."""

    count_tokens: CountTokens
    special_tokens: tuple[str, ...]

    def blocks(self, passages: Sequence[Passage], room: int) -> list[_Block]:
        """Whole passages while they fit, then as many sentences of the next one as fit."""
        texts = [self.write(number, passage) for number, passage in enumerate(passages, 1)]
        kept: list[_Block] = []
        for passage, text, tokens in zip(passages, texts, self.count_tokens(texts), strict=True):
            left = room - _TOKENS_PER_JOIN
            block = _Block(passage, text, tokens)
            if tokens > left:
                part = self.shortened(passage, left, len(kept) + 1)
                return [*kept, part] if part else kept
            kept.append(block)
            room = left - tokens
        return kept

    def shortened(self, passage: Passage, room: int, number: int) -> _Block | None:
        """The passage up to the last sentence that fits; None where too little would be left to read."""
        split = grounding.split_sentences(passage.text)
        if room < _SHORTEST_PART or len(split) < 2:
            return None
        heading = self.write(number, replace(passage, text="", end=passage.start))
        sizes = self.count_tokens([heading, *(harmless(item.text, self.special_tokens) for item in split)])
        spent, end = sizes[0], 0
        for item, size in zip(split, sizes[1:], strict=True):
            spent += size + _TOKENS_PER_JOIN
            if spent > room:
                break
            end = item.end
        cut = replace(passage, text=passage.text[:end], end=passage.start + end)
        text = self.write(number, cut)
        tokens = self.count_tokens([text])[0]
        return _Block(cut, text, tokens) if end and tokens <= room else None

    def write(self, number: int, passage: Passage) -> str:
        """One source with where it is from; the tags are ours alone, document text cannot write them."""
        where = [passage.document_name]
        if passage.heading_path:
            where.append(" > ".join(passage.heading_path))
        if passage.first_page is not None:
            where.append(f"page {passage.first_page}")
        if passage.published_at is not None:
            where.append(f"version {passage.version_number} of {passage.published_at:%Y-%m-%d}")
        if passage.valid_from is not None:
            where.append(f"valid from {passage.valid_from}")
        if passage.valid_until is not None:
            where.append(f"valid until {passage.valid_until}")
        title = harmless(" ".join(", ".join(where).split()), self.special_tokens)
        body = "\n".join(part for part in (passage.prefix, _unwrapped(passage)) if part)
        text = harmless(body, self.special_tokens)
        return f"<source {number}: {title}>\n{text}\n</source>"


def _unwrapped(passage: Passage) -> str:
    """The text without the soft wraps of its page: what a model copies should be whole sentences."""
    if passage.kind in ("table", "code"):
        return passage.text.strip()
    parts: list[str] = []
    position = 0
    for item in grounding.split_sentences(passage.text):
        gap = passage.text[position : item.start]
        separator = "\n\n" if gap.count("\n") > 1 else "\n" if "\n" in gap else " "
        is_prose = item.kind in ("prose", "item")
        parts += [separator if parts else "", " ".join(item.text.split()) if is_prose else item.text]
        position = item.end
    return "".join(parts)


@cache
def _templates() -> dict[str, str]:
    return {name: (FOLDER / name).read_text(encoding="utf-8").strip() for name in TEMPLATES}


def _digest(value: object) -> str:
    """sha256 of canonical JSON."""
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()
