"""What a model's sentence claims: the sentence without marks, markers, lead-ins and chat tokens."""

# ruff: noqa: RUF001 (typographic quotes and dashes are meant)

import re
from dataclasses import dataclass
from functools import cached_property

from services.answers.grounding import facts, sentences, words
from services.answers.grounding.facts import Facts

# Anything a chat template or tokenizer could read as a token of its own, and our own source tags.
_CHAT_TOKEN = re.compile(
    r"<\|[^|<>\n]{0,60}\|>|<[|｜]|[|｜]>|<\s*/?\s*(?:s|bos|eos|pad|unk|mask|sep|cls|system|user|assistant|tool"
    r"|tool_call|tool_response|think|thinking|im_start|im_end|start_of_turn|end_of_turn|start_header_id"
    r"|end_header_id|begin_of_text|end_of_text|endoftext|fim_\w+|sources?|source\s[^<>]{0,200})\s*>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]|<</?SYS>>",
    re.I,
)
_CITATION = re.compile(
    r"\s?(?:\[(?:\^|sources?\s|quellen?\s)?\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*\]|【[^】]{0,40}】"
    r"|\((?:see\s|vgl\.\s|siehe\s)?(?:sources?|passages?|quellen?|documents?)\s?#?\d{1,3}"
    r"(?:\s*(?:,|and|und|&)\s*(?:source\s)?\d{1,3})*\))",
    re.I,
)
_EMPHASIS = re.compile(r"\*\*|__|`|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)")
_LEAD_IN = re.compile(
    r"^(?:(?:sure|certainly|of course|okay|ok|well|great question|good question|natürlich|gerne?)[!,.:]?\s+)?"
    r"(?:(?:here (?:is|are)|hier (?:ist|sind))[^:.]{0,60}:\s*"
    r"|(?:answer|antwort|the answer is|die antwort (?:ist|lautet))(?:\s?:\s*|\s(?=\d))"
    r"|(?:according to|based on|as (?:stated|described|mentioned|noted) in|per|laut|gemäß)\s"
    r"(?:(?:the|our|your|this|these|den|dem|der|die)\s)?(?:[\w.-]+\s){0,7}?"
    r"(?:sources?|documents?|passages?|text|context|information|excerpts?|policy|handbook|details|guide|manual|report"
    r"|rules|[\w-]+\.(?:pdf|docx|pptx|xlsx|html|md|txt|csv|eml)|quellen?|dokumente?n?|richtlinie|handbuch)"
    r"(?:\s(?:provided|given|above|\d{1,3}))?\s?[,:]\s*"
    r"|(?:the )?(?:sources?|documents?|passages?|text|context)(?:\s\d{1,3})?"
    r"\s(?:says?|states?|mentions?)(?:\sthat|:|,)\s*"
    r"|(?:the )?source\s\d{1,3}\s?:\s*|(?:die )?quelle\s\d{1,3}\s?:\s*)",
    re.I,
)
_LABEL = re.compile(r"^(?:(?:the )?(?:source|document)|(?:die )?quelle)\s\d{1,3}\s?:\s+(?=\S)", re.I)
_YES_NO = re.compile(r"^(yes|no|ja|nein)\b\s*[,.:;!–-]*\s*", re.I)
_COURTESY = re.compile(
    r"^(?:sure|certainly|of course|hello|hi|thanks?(?! to)|thank you|you(?:'|’)?(?:re| are) welcome"
    r"|great question|good question|i hope this helps|hope this helps|let me know|feel free"
    r"|if you have (?:any )?(?:other|more|further)"
    r"|i(?:'|’)?(?:m| am) happy to|natürlich|gerne?|hallo|guten tag|ich hoffe)\b[^.:;\d]{0,80}[.!?,:]*$",
    re.I,
)
_PRONOUN = re.compile(
    r"^(?:it|they|he|she|this|these|those|that|you|we|i|there|er|sie|es|diese[rs]?|man|dies|das|ihr|wir)\b",
    re.I,
)
_REFUSAL = re.compile(
    r"\b(?:sources?|documents?|passages?|texts?|context|excerpts?|information(?: provided)?"
    r"|provided \w+)\b[^.]{0,60}?"
    r"\b(?:do(?:es)? not|don['’]t|doesn['’]t|did not|didn['’]t|cannot|never)\s(?:\w+\s){0,2}?"
    r"(?:say|state|mention|contain|provide|specify|include|have|give|address|answer|cover|describe|tell|indicate|list)"
    r"|\bi\s(?:do not|don['’]t|cannot|can['’]t|could not|couldn['’]t|am (?:not able|unable))\s(?:to\s)?"
    r"(?:know|find|answer|have|determine|provide|see|tell|help|assist)"
    r"|\bi(?:['’]m|\sam)\s(?:not able|unable|sorry)\b"
    r"|\b(?:there is |there['’]s )?no (?:\w+\s){0,2}?(?:information|mention|answer|details?)\b"
    r"|\bno (?:sources?|documents?|passages?)\b"
    r"|\b(?:is|are|was) not (?:\w+\s)?(?:mentioned|specified|stated|provided|found|given|available"
    r"|contained|described)\b"
    r"(?:[^.]{0,30}\b(?:sources?|documents?|passages?|text|context|information)\b|\.?$)"
    r"|\bunable to (?:find|answer|determine|provide)\b|\bcannot be (?:answered|determined)\b"
    r"|\b(?:quellen?|dokumente?n?|texte?n?|unterlagen|abschnitte?n?)\b[^.]{0,60}?\b(?:nicht|kein(?:e|en|er)?|nichts)\b"
    r"|\bich (?:weiß|kann|habe|finde)\b[^.]{0,40}\b(?:nicht|kein(?:e|en|er)?)\b"
    r"|\bkeine (?:\w+\s)?(?:informationen|angaben?|antwort)\b",
    re.I,
)


@dataclass(frozen=True)
class Claim:
    """A model's sentence made ready for checking; `shown` is what a reader may see of it."""

    shown: str
    text: str
    kind: sentences.Kind
    reply: str  # "yes" | "no" | "" : the word the sentence opens with

    @cached_property
    def ordered_stems(self) -> list[str]:
        """Content words in their order."""
        return words.content_stems(self.text)

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """Content words, each once."""
        return tuple(dict.fromkeys(self.ordered_stems))

    @cached_property
    def facts(self) -> Facts:
        """Numbers, dates, names, identifiers and polarity."""
        return facts.read(self.text)

    @cached_property
    def is_german(self) -> bool:
        """Written in German: nouns have capitals and compounds are one word."""
        return words.is_german(self.text)

    @property
    def is_empty(self) -> bool:
        """Nothing that could be true or false: a courtesy, a lead-in, a rule line."""
        return bool(_COURTESY.match(self.text)) or (not self.stems and self.facts.is_empty and not self.reply)

    @property
    def opens_with_pronoun(self) -> bool:
        """What it speaks about stands elsewhere."""
        return bool(_PRONOUN.match(self.text))


def read(text: str) -> Claim:
    """The claim of one sentence as the model wrote it."""
    shown = presentable(text)
    split = sentences.split_sentences(shown)
    kind = split[0].kind if split else "prose"
    bare = _EMPHASIS.sub("", sentences.without_marker(shown)).strip() if kind != "code" else shown
    if kind == "row":
        bare = re.sub(r"\s*\|\s*", " ; ", bare.strip("| "))
    bare = _LEAD_IN.sub("", bare)
    reply = _YES_NO.match(bare)
    bare = bare[reply.end() :] if reply else bare
    word = {"ja": "yes", "nein": "no"}.get(reply[1].lower(), reply[1].lower()) if reply else ""
    return Claim(shown, bare, kind, word)


def presentable(text: str) -> str:
    """The sentence without the model's own citation marks and without chat tokens."""
    return _LABEL.sub("", _CITATION.sub("", neutralised(text, "")).strip())


def neutralised(text: str, replacement: str | None = None) -> str:
    """`text` with nothing a chat template could act on; shown in look-alike brackets unless replaced."""
    if replacement is not None:
        return _until_stable(text, replacement)
    return _until_stable(text, None)


def _until_stable(text: str, replacement: str | None) -> str:
    """Taking a token out of "<|im_<|x|>start|>" may join a new one: repeat until nothing is left."""
    for _ in range(8):
        changed = _CHAT_TOKEN.sub(
            lambda match: _look_alike(match.group()) if replacement is None else replacement, text
        )
        if changed == text:
            return text
        text = changed
    return text.replace("<", "‹").replace("|>", "|›")


def _look_alike(token: str) -> str:
    return token.translate(str.maketrans("<>[]", "‹›⟦⟧"))


def is_model_refusal(text: str) -> bool:
    """The model says that the documents do not answer."""
    return bool(_REFUSAL.search(presentable(text)))
