"""What the office does by hand, as it is sent and answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from fiel.doors.api.sale_shapes import UNIT_AMOUNT, Movement
from fiel.wire.fields import Amount, Answer, Body, Code, Day

__all__ = [
    "AdjustmentAnswer",
    "AdjustmentIn",
    "AdjustmentsAnswer",
    "MergeAnswer",
    "MergeIn",
    "OpeningAnswer",
    "OpeningIn",
    "RefusalIn",
    "TierAnswer",
    "TierIn",
]

_SOMEBODY = "01a20615-199c-7567-8fa6-ce9b9f2707bd"

MemberIdText = Annotated[str, Field(min_length=1, max_length=50)]
Sentence = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]


def _like(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [example]})


class AdjustmentIn(Body):
    """What is put right by hand."""

    model_config = _like({"member": _SOMEBODY, "unit": "points", "amount": "-30", "reason": "counted twice"})

    member: MemberIdText = Field(description="The member's id.")
    unit: Code
    amount: Amount = Field(description="Whole units, below zero to take; with at most the unit's decimals.")
    reason: Sentence


class RefusalIn(Body):
    """Why an adjustment is refused."""

    model_config = _like({"reason": "the receipt was found"})

    reason: Sentence


class OpeningIn(Body):
    """A balance from another system."""

    model_config = _like(
        {"member": _SOMEBODY, "unit": "points", "amount": "100", "expires_on": "2027-01-31", "reference": "old-1"}
    )

    member: MemberIdText = Field(description="The member's id.")
    unit: Code
    amount: Amount = Field(description="Whole units, more than 0, with at most the unit's decimals.")
    expires_on: Day | None = Field(None, description="The last day on which it can be spent; left out: none.")
    reference: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")] = Field(
        description="What tells this balance from any other there; sent again it does no harm."
    )


class TierIn(Body):
    """A tier given by hand."""

    model_config = _like({"tier": "gold", "until": "2026-12-31", "reason": "our neighbour's choir"})

    tier: Code = Field(description="A tier of the programme.")
    until: Day | None = Field(None, description="Its last day; left out: no end.")
    reason: Sentence


class MergeIn(Body):
    """Who becomes part of the member."""

    model_config = _like({"gone": _SOMEBODY})

    gone: MemberIdText = Field(description="The id of the member who is not to be one of their own any more.")


# What is answered


class AdjustmentAnswer(Answer):
    """An adjustment, and what it moved."""

    id: str
    member: str = Field(description="The member's id.")
    unit: str
    amount: str = Field(description=UNIT_AMOUNT)
    reason: str
    state: Literal["posted", "waiting", "refused"] = Field(description="`waiting`: for a second person to agree.")
    entered_by: str
    agreed_by: str | None
    refused_by: str | None
    refused_why: str | None
    movements: list[Movement]


class AdjustmentsAnswer(Answer):
    """A page of adjustments."""

    items: list[AdjustmentAnswer]
    next_cursor: str | None


class OpeningAnswer(Answer):
    """A balance that was brought over, and what it moved."""

    id: str
    duplicate: bool = Field(description="The reference was brought over before with the same figures.")
    member: str = Field(description="The member's id.")
    unit: str
    amount: str = Field(description=UNIT_AMOUNT)
    expires_on: str | None
    reference: str
    movements: list[Movement]


class TierAnswer(Answer):
    """The tier that counts from now on: the one given, or a higher one that the member has reached."""

    member: str = Field(description="The member's id.")
    tier: str


class MergeMovement(Movement):
    """What moved, and whose it was."""

    member: str = Field(description="The member's id.")


class MergeAnswer(Answer):
    """The member who stays, and what moved from one to the other."""

    member: str = Field(description="The id of the member who stays.")
    gone: str = Field(description="The id that leads to them from now on.")
    movements: list[MergeMovement]
