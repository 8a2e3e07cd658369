"""Brazil: CF-e SAT, São Paulo's receipts until the end of 2025, and their cancellations; for bringing in history."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fiel.core.sale import Payment
from fiel.intake.formats.nfe import PAYMENT_KINDS, buyer_of
from fiel.intake.papers import Original, Paper, PaperLine, Place, Void, bare_tax_id
from fiel.intake.rows import Item, Row, Unreadable
from fiel.intake.sums import money, paid_by, paid_fault
from fiel.intake.xml import Wrong, careful, local, minor, no, of_a_receipt, parse, root_of, scaled, text_of, texts

if TYPE_CHECKING:
    from fiel.intake.rows import Terms

__all__ = ["Cfe"]

_KEY = re.compile(r"CFe[0-9]{6}([0-9A-Z]{14})59([0-9]{9})([0-9]{6})[0-9]{7}")


class Cfe:
    """CF-e and CFeCanc of layout 0.06 to 0.08."""

    name = "cfe"

    def sniff(self, path: Path) -> bool:
        """Its first element is a CFe or its cancellation."""
        return path.is_file() and root_of(path) in ("CFe", "CFeCanc")

    def size(self, path: Path) -> int | None:
        """One receipt."""
        return 1

    def rows(self, path: Path, business: Terms) -> Iterator[Row]:
        """The receipt, or the cancellation."""
        try:
            root = parse(path)
        except Wrong as wrong:
            yield Row("", Unreadable(wrong.place, wrong.reason))
            return
        inf = root.find("infCFe")
        if inf is None:
            yield Row("", no("A CF-e without infCFe holds no receipt."))
        else:
            yield Row(inf.get("Id", "")[:60], careful(_cancelled if local(root) == "CFeCanc" else _sale, inf))


def _sale(inf: Any) -> Item:
    ide = inf.find("ide")
    found = _KEY.fullmatch(inf.get("Id", ""))
    if found is None or not text_of(ide, "nCFe"):
        return no("This is what the till asked the SAT to authorise, not the receipt: it has no access key.")
    if text_of(ide, "tpAmb") != "1":
        return no("This receipt was made in the test environment: it has no fiscal value.")
    lines = tuple(_line(det) for det in inf.iterfind("det"))
    total = minor(text_of(inf, "total", "vCFe"), "vCFe")
    shared = sum(minor(text_of(det, "prod", "vRatDesc"), "vRatDesc") for det in inf.iterfind("det"))
    net = sum(line.amount - line.discount for line in lines) - shared
    faults = [] if net == total else [f"the items come to {money(net)}, the receipt's total is {money(total)}"]
    payments = [
        Payment(PAYMENT_KINDS.get(text_of(paid, "cMP"), "other"), minor(text_of(paid, "vMP"), "vMP"))
        for paid in inf.iterfind("pgto/MP")
    ]
    change = minor(text_of(inf, "pgto", "vTroco"), "vTroco")
    faults += paid_fault(payments, change, total)
    return Paper(
        place=Place(bare_tax_id(text_of(inf, "emit", "CNPJ")), _series(found)),
        number=_number(found),
        at=_at(ide),
        lines=lines,
        currency="BRL",
        discount=shared,
        payments=paid_by(payments, change, total),
        buyer=buyer_of(inf.find("dest")),
        scheme="ncm",
        wrong="; ".join(faults),
    )


def _series(key: re.Match[str]) -> str:
    """The SAT that made it stands for the till: a cancellation names it, and may come from another till."""
    return f"SAT {int(key[2])}"


def _number(key: re.Match[str]) -> str:
    return str(int(key[3]))


def _at(element: Any) -> datetime:
    """The time by the store's clock."""
    text = text_of(element, "dEmi") + text_of(element, "hEmi")
    try:
        at = datetime.strptime(text, "%Y%m%d%H%M%S")  # noqa: DTZ007 - a SAT knows no zone
    except ValueError:
        raise Wrong("dEmi", f"{text[:20]!r} is no time") from None
    return of_a_receipt(at, "dEmi")


def _line(det: Any) -> PaperLine:
    prod = det.find("prod")
    if prod is None:
        raise Wrong("det", "an item has no product")
    said = texts(prod)
    discount, shared = minor(said.get("vDesc", ""), "vDesc"), minor(said.get("vRatDesc", ""), "vRatDesc")
    ean = said.get("cEAN", "")
    return PaperLine(
        # vItem is what is left of it, with what was added on the whole.
        amount=minor(said.get("vItem", ""), "vItem") + discount + shared,
        quantity=scaled(said.get("qCom", ""), 3, "qCom"),
        discount=discount,
        product=said.get("cProd", "")[:64],
        ean=ean if ean.isdecimal() else "",
        group=said.get("NCM", "")[:20],
        description=" ".join(said.get("xProd", "").split())[:200],
    )


def _cancelled(inf: Any) -> Item:
    found = _KEY.fullmatch(inf.get("chCanc", ""))
    if found is None:
        raise Wrong("chCanc", "the cancellation names no receipt")
    place = Place(found[1], _series(found))
    return Void(Original(place, _number(found)), "cancelled", _at(inf.find("ide")))
