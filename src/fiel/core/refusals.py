"""Every way in which Fiel says no, in one ordered list.

The first refusal that applies is the one that is given. The code is stable: clients may act on it. The sentence
is what a person reads; `status` is the HTTP status at the API door. The documentation page is made from this list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["REFUSALS", "Fault", "Kind", "Refused"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to say no: the stable code, the HTTP status, a title, and what to do about it."""

    code: str
    status: int
    title: str
    advice: str


_ORDERED = (
    Kind("unauthenticated", 401, "No valid key", "Send the header Authorization: Bearer with a key that is in use."),
    Kind("forbidden", 403, "Not allowed with this key", "Ask the business for a key with the scope that is named."),
    Kind("rate_limited", 429, "Too many requests", "Wait as long as Retry-After says, then go on."),
    Kind("too_large", 413, "The body is too large", "Send less at once; the limit is named."),
    Kind("malformed", 400, "Not readable", "Send valid JSON in UTF-8."),
    Kind("invalid", 422, "Something in it cannot be right", "Correct what the errors point at, then send it again."),
    Kind("not_found", 404, "There is no such thing here", "Check the address and the id."),
    Kind("method_not_allowed", 405, "This address does not take this method", "Look the call up in the documentation."),
    Kind("key_reused", 422, "This Idempotency-Key was used for something else", "Use a new key for a new request."),
    Kind(
        "in_progress",
        409,
        "The same request is still running",
        "Ask again after Retry-After; the answer will be there.",
    ),
    Kind("conflict", 409, "It was recorded before with other content", "Correct it with a return or an adjustment."),
    Kind("sale_missing", 409, "The sale is not here yet", "Bring in the sale; what is about it waits for it."),
    Kind(
        "store_unknown",
        409,
        "No store is known by this tax id",
        "Enter the tax id at the store, then take the receipt again.",
    ),
    Kind(
        "does_not_add_up",
        422,
        "The receipt does not add up",
        "Compare it with the paper; the office can count it all the same.",
    ),
    Kind("member_not_found", 404, "No member is known by this", "Check the number, or enrol the customer."),
    Kind("member_exists", 409, "A member is already known by this", "Use the member who has it, or merge the two."),
    Kind("card_taken", 409, "This card belongs to another member", "Give another card."),
    Kind("card_blocked", 409, "This card is blocked", "Ask for another card or the phone number."),
    Kind("member_blocked", 409, "This member is blocked", "The office can say why."),
    Kind("too_late", 409, "The sale is older than the programme accepts", "The office can bring in history."),
    Kind("too_early", 409, "The sale lies in the future", "Set the till's clock."),
    Kind("not_enough", 409, "There is not enough on the account", "Choose something smaller, or pay otherwise."),
    Kind(
        "proof_needed",
        409,
        "So much at once needs a proof",
        "Scan the code that the card on the member's phone shows, and send it as `proof`.",
    ),
    Kind("reward_not_available", 409, "This reward cannot be had now", "Choose another; the errors say why."),
    Kind("voucher_not_redeemable", 409, "This voucher cannot be used", "Check the code; a voucher counts once."),
    Kind("stale", 412, "It was changed in the meantime", "Read it again, then send your change with the new version."),
    Kind("unavailable", 503, "Fiel cannot answer right now", "Send the same request again after Retry-After."),
    Kind("internal", 500, "Something went wrong on our side", "Send the same request again; tell us the request_id."),
)

REFUSALS = {kind.code: kind for kind in _ORDERED}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in what was sent: where (a JSON pointer) and what (a sentence)."""

    pointer: str
    detail: str


class Refused(Exception):
    """Nothing was done, for a reason that has a stable code.

    `detail` is a sentence for a person: what, where, what to do. `faults` point at the places in what was sent.
    """

    def __init__(self, code: str, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.kind = REFUSALS[code]
        self.detail = detail
        self.faults = tuple(faults)

    @property
    def code(self) -> str:
        """The stable code, as in `REFUSALS`."""
        return self.kind.code
