"""What fiscal files say, before anything is looked up: papers, and what cancels or returns them.

A reader makes these and knows neither the server's database nor Django, so that it runs in the shop too. Names,
addresses and free text are never taken over; of the buyer only what a member may be known by.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fiel.core.sale import Payment

__all__ = ["BackLine", "GoodsBack", "Original", "Paper", "PaperLine", "Place", "Void", "bare_tax_id", "netted"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a paper was made: the tax id of who issues it, the till or series, and the branch where it is named."""

    issuer: str
    till: str
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Original:
    """The paper that another one is about. `day`: its date, where it is said."""

    place: Place
    number: str
    day: date | None = None

    @property
    def name(self) -> str:
        """What it is known by among all papers of a business, whatever store it turns out to be of."""
        return f"{self.place.issuer} {self.place.till} {self.number}"


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One item, in the units of `core.sale.Line`; an amount below zero takes back another line of the same paper.

    `group`: the kind of goods in the file's own terms (an NCM code, a product group).
    """

    amount: int
    quantity: int = 1000
    discount: int = 0
    tax_rate: int = 0
    product: str = ""
    ean: str = ""
    group: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A receipt as a file states it. `at` without offset: the store's clock.

    `buyer`: a tax id, or another way in which a member may be known, as "phone:…", "email:…", "code:…". `scheme`:
    which terms `group` is in ("ncm", "group"). `wrong`: why the figures cannot be taken as they are; such a paper
    waits for a person. `voids`: papers that this one stands for, which count no more.
    """

    place: Place
    number: str
    at: datetime
    lines: tuple[PaperLine, ...]
    currency: str
    discount: int = 0
    payments: tuple[Payment, ...] = ()
    buyer: str = ""
    scheme: str = ""
    channel: str = "import"
    wrong: str = ""
    voids: tuple[Original, ...] = ()

    @property
    def original(self) -> Original:
        """What others call it by."""
        return Original(self.place, self.number)

    def digest(self) -> str:
        """What tells its content from any other's: figures, goods and time; not the buyer, who may be found later."""
        said = (
            self.at.isoformat(),
            self.discount,
            [(p.kind, p.amount) for p in self.payments],
            [(x.amount, x.quantity, x.discount, x.tax_rate, x.product) for x in self.lines],
        )
        return hashlib.blake2b(json.dumps(said).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Void:
    """That a paper counts no more. `paper`: its content, where the file has it; it is then recorded, and voided."""

    original: Original
    number: str
    at: datetime
    paper: Paper | None = None


@dataclass(frozen=True, slots=True)
class BackLine:
    """Goods that come back: of which paper, what, how much in 1/1000, and for how much in minor units.

    `amount` None: for what they cost.
    """

    original: Original
    product: str
    quantity: int
    amount: int | None
    ean: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class GoodsBack:
    """A return: its own number, and what comes back. `wrong`: as of a paper."""

    place: Place
    number: str
    at: datetime
    lines: tuple[BackLine, ...]
    wrong: str = ""


def bare_tax_id(text: str) -> str:
    """A tax id without what people write between its digits, and without the country before it."""
    bare = "".join(letter for letter in text.upper() if letter.isascii() and letter.isalnum())
    return bare[2:] if bare[:2] in ("PT", "ES") and len(bare) == _WITH_COUNTRY else bare


_WITH_COUNTRY = 11


def netted(lines: Sequence[PaperLine]) -> tuple[tuple[PaperLine, ...], int]:
    """Lines without those below zero, and what of these is left as a discount on the whole.

    A line below zero is taken from its twin: the last line before it of the same product that is large enough.
    """
    kept: list[PaperLine] = []
    rest = 0
    for line in lines:
        if line.amount >= 0:
            kept.append(line)
            continue
        twin = next((at for at in reversed(range(len(kept))) if _is_twin(kept[at], line)), None)
        if twin is None:
            rest += -line.amount
        else:
            left = _less(kept[twin], line)
            kept[twin : twin + 1] = [left] if left is not None else []
    return tuple(kept), rest


def _is_twin(line: PaperLine, taken: PaperLine) -> bool:
    same = (line.product, line.description) == (taken.product, taken.description)
    return same and line.amount - line.discount >= -taken.amount and line.quantity >= abs(taken.quantity)


def _less(line: PaperLine, taken: PaperLine) -> PaperLine | None:
    """What is left of a line; its discount stays with what is left as far as that bears it."""
    amount, quantity = line.amount + taken.amount, line.quantity - abs(taken.quantity)
    if not quantity or amount <= line.discount:
        return None
    return PaperLine(
        amount,
        quantity,
        line.discount,
        line.tax_rate,
        line.product,
        line.ean,
        line.group,
        line.description,
    )
