"""Wire shapes of webhooks. The secret is in the reply that makes it and in no other."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.notices import Kind

KINDS = 8


def without_credentials(url: str) -> str:
    """ValueError where the address holds a name or a password: requests are signed instead."""
    if "@" in url.split("/")[2]:
        raise ValueError("an address must hold no user name or password; check the signature instead")
    return url


# Printable ASCII only: names of other scripts are given as they are resolved (xn--).
Url = Annotated[
    str,
    StringConstraints(min_length=10, max_length=2000, pattern=r"^https?://[!-~]+$"),
    AfterValidator(without_credentials),
]
Kinds = Annotated[list[Kind], Field(min_length=1, max_length=KINDS)]


class WebhookCreate(BaseModel):
    """Where to be told, and what of; the address's host must be one that an administrator named."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"url": "https://hooks.example.com/holdfast", "kinds": ["job.ended", "answers.ended"]}
            ]
        },
    )

    url: Url
    kinds: Kinds


class WebhookOut(BaseModel):
    """`old_secret_until`: so long the secret before the last rotation signs too."""

    id: str
    url: str
    kinds: list[str]
    created_at: datetime
    old_secret_until: datetime | None


class WebhookSecret(WebhookOut):
    """As it was made or rotated, with its secret (`whsec_…`), which is never shown again."""

    secret: str


class WebhookPage(BaseModel):
    items: list[WebhookOut]
    next_cursor: str | None = None


class DeliveryOut(BaseModel):
    """One telling. `id` is the same at every attempt, and stands in the header `webhook-id`.

    `withheld`: when it was to be sent, its owner might not know of it any more; then it names nothing.
    `due_at` is when it is tried next; `status` is what the receiver last replied.
    """

    id: str
    kind: str
    subject: str
    outcome: str
    state: Literal["due", "delivered", "failed", "withheld"]
    attempts: int
    status: int | None
    error_code: str
    happened_at: datetime
    due_at: datetime | None
    ended_at: datetime | None


class DeliveryPage(BaseModel):
    items: list[DeliveryOut]
    next_cursor: str | None = None
