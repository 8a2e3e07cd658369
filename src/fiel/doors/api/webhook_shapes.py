"""Webhooks, as they are sent and answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from fiel.wire.fields import Answer, Body, Moment, Name

__all__ = [
    "ReplayAnswer",
    "ReplayIn",
    "SecretAnswer",
    "SentAnswer",
    "TestAnswer",
    "WebhookAnswer",
    "WebhookIn",
    "WebhookMade",
    "WebhookPatch",
    "WebhooksAnswer",
]

Kind = Literal[
    "member.created",
    "sale.recorded",
    "points.changed",
    "voucher.issued",
    "voucher.redeemed",
    "tier.changed",
    "invitation.due",
]
Kinds = Annotated[list[Kind], Field(max_length=50)]
Url = Annotated[str, Field(min_length=1, max_length=2000)]
_URL = "Where events go: https, a public address, port 443 or from 1024 on."


def _like(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [example]})


class WebhookIn(Body):
    """Where to send what happens."""

    model_config = _like({"url": "https://erp.example.com/fiel", "events": ["sale.recorded"], "note": "our ERP"})

    url: Url = Field(description=_URL)
    events: Kinds | None = Field(None, description="What to send; left out: everything.")
    note: Name | None = Field(None, description="For people.")


class WebhookPatch(Body):
    """What to change of it; what is left out stays."""

    model_config = _like({"enabled": True})

    url: Url | None = Field(None, description=_URL)
    events: Kinds | None = Field(None, description="What to send; an empty list: everything.")
    note: Name | None = None
    enabled: bool | None = Field(None, description="False stops it; true goes on where it stopped.")


class ReplayIn(Body):
    """What to send again: one event, or all since a moment."""

    model_config = _like({"since": "2026-11-22T00:00:00-03:00"})

    event: Annotated[str, Field(min_length=1, max_length=50)] | None = Field(None, description="An event's id.")
    since: Moment | None = Field(None, description="Everything that happened since then, at most 30 days back.")


class WebhookAnswer(Answer):
    """A webhook."""

    id: str
    url: str
    events: list[str]
    note: str
    enabled: bool
    disabled_at: str | None
    disabled_why: str | None = Field(description="`failed` for three days, `gone` (it answered 410), or `by_hand`.")
    failures: int = Field(description="How often in a row it did not take an event.")
    failing_since: str | None
    next_try_at: str | None = Field(description="When it is tried again, after a failure.")
    created_at: str


class WebhookMade(WebhookAnswer):
    """A webhook that was made just now."""

    secret: str = Field(description="Signs every request. Shown now and never again.", examples=["whsec_…"])


class WebhooksAnswer(Answer):
    """All webhooks of the business, at most 20."""

    items: list[WebhookAnswer]
    next_cursor: None


class SecretAnswer(Answer):
    """The new secret; shown now and never again."""

    secret: str
    old_secret_until: str = Field(description="Until then the secret before signs too.")


class TestAnswer(Answer):
    """The test event, which is on its way."""

    event: str = Field(description="Its id; look it up in the deliveries.")


class ReplayAnswer(Answer):
    """How much is sent again."""

    events: int


class SentTold(Answer):
    """An event for this webhook, and how the last try went."""

    event: str = Field(description="The event's id. `webhook-id` is msg_ and its hex digits.")
    type: str
    at: str = Field(description="When it happened.")
    state: Literal["waiting", "sent"]
    tries: int
    tried_at: str | None
    status: int | None = Field(description="The HTTP status of the last answer; null: there was none.")
    error: str | None = Field(
        description="Why there was none: `no_connection`, `too_slow`, `tls`, `unknown_name`, `forbidden_address`; or "
        "`gone`: what it was about is there no more, and nothing was sent."
    )
    duration_ms: int | None


class SentAnswer(Answer):
    """A page of deliveries, the newest event first."""

    items: list[SentTold]
    next_cursor: str | None
