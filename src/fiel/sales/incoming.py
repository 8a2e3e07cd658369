"""A sale as a door hands it over, before anything is looked up."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from fiel.core.identity import Identity
from fiel.core.sale import Line, Payment

__all__ = ["Incoming", "Key"]


@dataclass(frozen=True, slots=True)
class Key:
    """The Idempotency-Key of a request, and what tells its address and body."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """One receipt. Lines carry department, brand and tags as they were sent; the catalogue may know better.

    `occurred_at` has an offset. `member`: who it says bought; None: nobody said. `enrol`: make a member of a phone
    that is not known yet. `proof`: what shows that it is the member who spends (`members.proving`).
    """

    store: str
    till: str
    number: str
    occurred_at: datetime
    lines: tuple[Line, ...]
    member: Identity | None = None
    discount: int = 0
    payments: tuple[Payment, ...] = ()
    vouchers: tuple[str, ...] = ()
    use_packs: bool = False
    enrol: bool = False
    channel: str = "till"
    cashier: str = ""
    proof: str = ""
    key: Key | None = None
    paper: str = ""

    def digest(self) -> str:
        """What tells this content from any other of the same document: 128 bits, as hex."""
        if self.paper:
            return self.paper
        said = (
            self.occurred_at.astimezone(UTC).isoformat(),
            self.member,
            self.discount,
            self.vouchers,
            self.use_packs,
            [(p.kind, p.amount, p.unit) for p in self.payments],
            [
                (x.amount, x.quantity, x.discount, x.tax_rate, x.product, x.departments, x.brand, sorted(x.tags))
                for x in self.lines
            ],
        )
        return hashlib.blake2b(json.dumps(said).encode(), digest_size=16).hexdigest()
