"""Wire shapes of what administrators look at; nothing in here is of one person."""

from datetime import date, datetime
from typing import Self

from pydantic import BaseModel

from services.oversight.activity import Hour
from services.oversight.configuration import Setting
from services.oversight.gaps import ASKERS_AT_LEAST, Topic
from services.oversight.lock import Part, SignatureState
from services.release import Lock
from services.settings import Origin


class HourOut(BaseModel):
    """Everybody's answers of one hour; speeds are null where nothing was written."""

    at: datetime
    answered: int
    refused: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    tokens_per_s: float | None
    first_sentence_ms: float | None

    @classmethod
    def of(cls, hour: Hour) -> Self:
        return cls.model_validate({name: getattr(hour, name) for name in cls.model_fields})


class ActivityOut(BaseModel):
    """`running` and `waiting` are this process's answers at this moment."""

    hours: list[HourOut]
    running: int
    waiting: int
    places: int


class SettingOut(BaseModel):
    """A secret's value is a mask, or empty where none is set."""

    name: str
    section: str
    value: str
    origin: Origin
    is_secret: bool

    @classmethod
    def of(cls, setting: Setting) -> Self:
        return cls.model_validate({name: getattr(setting, name) for name in cls.model_fields})


class SettingsOut(BaseModel):
    mode: str
    items: list[SettingOut]


class PartOut(BaseModel):
    """One part of the release; `digest` is its version where it has no files of its own."""

    name: str
    digest: str
    what: str
    files: int
    size: int

    @classmethod
    def of(cls, part: Part) -> Self:
        return cls.model_validate({name: getattr(part, name) for name in cls.model_fields})


class EarlierRelease(BaseModel):
    release_id: str
    name: str
    model: str
    changed: list[str]
    """Names of the parts that differ from the release being served."""


class LockOut(BaseModel):
    """The release being served; `signature` is checked against the key this process was given."""

    release_id: str
    name: str
    generation: str
    parts: list[PartOut]
    signature: SignatureState
    signature_required: bool
    earlier: list[EarlierRelease]

    @classmethod
    def of(cls, lock: Lock, parts: list[Part], **more: object) -> Self:
        return cls.model_validate(
            {
                "release_id": lock.release_id,
                "name": lock.name,
                "generation": lock.generation,
                "parts": [PartOut.of(part) for part in parts],
                **more,
            }
        )


class TopicOut(BaseModel):
    """Words that at least three people, the reader not among them, used in questions that came to nothing."""

    words: list[str]
    questions: int
    refused: int
    rated_badly: int
    last: date

    @classmethod
    def of(cls, topic: Topic) -> Self:
        told = {name: getattr(topic, name) for name in cls.model_fields}
        return cls.model_validate(told | {"words": list(topic.words)})


class GapsOut(BaseModel):
    days: int
    askers_at_least: int = ASKERS_AT_LEAST
    items: list[TopicOut]
