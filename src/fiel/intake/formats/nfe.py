"""Brazil: NFC-e 4.00 (model 65), cancel events, and returns by an NF-e (model 55) that names the receipts.

A receipt counts only where the authority says so: cStat 100 or 150, not in its test environment. What wraps it does
not matter: a till's `nfeProc`, the authority's download, a query's answer. Receipts are never refused on the schema
alone, for tills write line breaks where it has none: fields and sums are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fiel.core.sale import Payment, shares
from fiel.intake.papers import BackLine, GoodsBack, Original, Paper, PaperLine, Place, Void, bare_tax_id
from fiel.intake.rows import Item, LeftOut, Row, Unreadable
from fiel.intake.sums import money, paid_by, paid_fault, split_discount
from fiel.intake.xml import Wrong, careful, first, local, minor, moment, no, parse, root_of, scaled, text_of, texts

if TYPE_CHECKING:
    from fiel.intake.rows import Terms

__all__ = ["PAYMENT_KINDS", "Nfe", "buyer_of", "place_of_key"]

_NAMESPACE = "http://www.portalfiscal.inf.br/nfe"
_AUTHORISED = ("100", "150")
_REGISTERED = ("135", "136", "155")
_CANCELS = ("110111", "110112")
_KEY = re.compile(r"[0-9]{6}([0-9A-Z]{14})([0-9]{2})([0-9]{3})([0-9]{9})[0-9]{10}")
_MOST_CODE = 64
_MOST_DESCRIPTION = 200

# 05 and 21 are the store's own credit; 19 is the loyalty programme's or a cashback: it earns nothing.
PAYMENT_KINDS = {
    "01": "cash",
    "02": "cheque",
    "03": "credit",
    "04": "debit",
    "10": "food",
    "11": "meal",
    "12": "gift",
    "15": "transfer",
    "16": "transfer",
    "17": "pix",
    "18": "transfer",
    "19": "points",
    "20": "pix",
}
_NO_PAYMENT = "90"


class Nfe:
    """NFC-e receipts, their cancel events, and NF-e returns, one or more in an XML file."""

    name = "nfce"

    def sniff(self, path: Path) -> bool:
        """Its first element is of the NF-e's namespace."""
        return path.is_file() and (root_of(path) or "").startswith(f"{{{_NAMESPACE}}}")

    def size(self, path: Path) -> int | None:
        """One receipt, nearly always."""
        return 1

    def rows(self, path: Path, business: Terms) -> Iterator[Row]:
        """The receipts and events in it."""
        try:
            root = parse(path)
        except Wrong as wrong:
            yield Row("", Unreadable(wrong.place, wrong.reason))
            return
        yield from _rows(root)


def _rows(root: Any) -> Iterator[Row]:
    found, refused = False, set()
    for document in root.iter(f"{{{_NAMESPACE}}}infNFe"):
        found = True
        name, read = document.get("Id", "")[:60], careful(_document, document)
        if isinstance(read, Unreadable):
            refused.add(name.removeprefix("NFe"))
        yield Row(name, read)
    for event in root.iter(f"{{{_NAMESPACE}}}infEvento"):
        if text_of(event, "chNFe") in refused:
            continue  # it cancels what stands beside it and does not count
        # Of a registered event there are two: what was asked, and the authority's answer.
        if local(event.getparent()) == "retEvento":
            found = True
            yield Row(text_of(event, "chNFe")[:60], careful(_event, event))
        elif not _answered(event, root):
            found = True
            yield Row(text_of(event, "chNFe")[:60], no("The authority has not registered this event."))
    if not found:
        yield Row("", no(f"A {local(root)} holds no receipt and no cancellation."))


def _answered(event: Any, root: Any) -> bool:
    return any(
        local(other.getparent()) == "retEvento" and text_of(other, "chNFe") == text_of(event, "chNFe")
        for other in root.iter(f"{{{_NAMESPACE}}}infEvento")
    )


# Receipts


def _document(inf: Any) -> Item:
    """A sale, a return, or why it is neither."""
    ide = inf.find("{*}ide")
    model, direction, purpose = (text_of(ide, name) for name in ("mod", "tpNF", "finNFe"))
    is_return = (model, direction, purpose) == ("55", "0", "4")
    refusal = _layout(inf) or _kind(model, is_return=is_return) or _standing(inf, ide)
    if refusal:
        return no(refusal)
    if is_return:
        return _return(inf, ide)
    if (direction, purpose) != ("1", "1"):
        return LeftOut("an NFC-e that is no ordinary sale")
    return _sale(inf, ide)


def _layout(inf: Any) -> str:
    said = _outer_version(inf) or inf.get("versao", "")
    if said == inf.get("versao") == "4.00":
        return ""
    return f"This receipt has the layout {said or 'of no version'}; the layout 4.00 is read."


def _kind(model: str, *, is_return: bool) -> str:
    if model == "65" or is_return:
        return ""
    return f"A document of model {model or '?'} is no consumer's receipt; model 65 (NFC-e) is."


def _standing(inf: Any, ide: Any) -> str:
    if text_of(ide, "tpAmb") != "1":
        return "This receipt was made in the test environment: it has no fiscal value."
    return _unauthorised(inf)


def _outer_version(inf: Any) -> str:
    wrapper = inf.getparent().getparent() if inf.getparent() is not None else None
    said = wrapper.get("versao", "") if wrapper is not None and local(wrapper) == "nfeProc" else ""
    return str(said)


def _unauthorised(inf: Any) -> str:
    """Why the authority's word is missing, or against it; empty where it is there."""
    key = inf.get("Id", "").removeprefix("NFe")
    if not _KEY.fullmatch(key):
        return "This receipt has no access key of 44 characters."
    prots = [prot for prot in inf.getroottree().getroot().iter("{*}infProt") if text_of(prot, "chNFe") in ("", key)]
    prot = prots[0] if prots else _download(inf)
    if prot is None:
        made = ", made in contingency" if text_of(inf, "ide", "tpEmis") == "9" else ""
        return f"The authority has not authorised this receipt{made}; it counts once its protocol is with it."
    if text_of(prot, "tpAmb") == "2":
        return "This receipt was authorised in the test environment: it has no fiscal value."
    status = text_of(prot, "cStat")
    if status not in _AUTHORISED and not (status == "" and text_of(prot, "nProt")):
        return f"The authority did not authorise this receipt (cStat {status or 'missing'})."
    return ""


def _download(inf: Any) -> Any:
    """The authority's own wrapper, which says cStat or the protocol's number without a protNFe; None elsewhere."""
    for above in inf.iterancestors():
        if local(above) != "NFe" and (text_of(above, "cStat") or text_of(above, "nProt")):
            return above
        for beside in above:
            if local(beside) != "NFe" and (text_of(beside, "nProt") and local(beside) != "infNFe"):
                return beside
    return None


def place_of_key(key: str) -> tuple[Place, str] | None:
    """Where the paper with an access key was made, and its number. None for what is no key."""
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    issuer, _, series, number = match.groups()
    return Place(issuer, str(int(series))), str(int(number))


def _sale(inf: Any, ide: Any) -> Paper:
    totals = inf.find("{*}total/{*}ICMSTot")
    if totals is None:
        raise Wrong("total", "the receipt has no totals")
    total = texts(totals)
    lines = [line for det in inf.iterfind("{*}det") if (line := _line(det)) is not None]
    to_pay = minor(total.get("vNF", ""), "vNF")
    faults = _sums(lines, total, to_pay)
    lines = _with_taxes_on_top(lines, total)
    payments, change = _payments(inf)
    faults += paid_fault(payments, change, to_pay)
    lines, discount = split_discount(lines)
    at = moment(text_of(ide, "dhEmi"), "dhEmi")
    return Paper(
        place=Place(bare_tax_id(_issuer(inf)), text_of(ide, "serie").lstrip("0") or "0"),
        number=text_of(ide, "nNF").lstrip("0")[:20] or "0",
        at=at,
        lines=tuple(lines),
        currency="BRL",
        discount=discount,
        payments=paid_by(payments, change, to_pay),
        buyer=buyer_of(inf.find("{*}dest")),
        scheme="ncm",
        wrong="; ".join(faults),
    )


def _issuer(inf: Any) -> str:
    return text_of(inf, "emit", "CNPJ") or text_of(inf, "emit", "CPF")


def buyer_of(dest: Any) -> str:
    """The buyer's tax id, or the foreign one; empty for nobody."""
    said = (text_of(dest, name) for name in ("CPF", "CNPJ", "idEstrangeiro"))
    return bare_tax_id(next((each for each in said if each), ""))[:20]


def _line(det: Any) -> PaperLine | None:
    """An item; None for one that is not part of the total."""
    prod = det.find("{*}prod")
    if prod is None:
        raise Wrong("det", "an item has no product")
    said = texts(prod)
    if said.get("indTot", "1") == "0":
        return None
    extra = sum(minor(said.get(name, ""), name) for name in ("vOutro", "vFrete", "vSeg"))
    return PaperLine(
        amount=minor(said.get("vProd", ""), "vProd") + extra,
        quantity=scaled(said.get("qCom", ""), 3, "qCom"),
        discount=minor(said.get("vDesc", ""), "vDesc"),
        product=said.get("cProd", "")[:_MOST_CODE],
        ean=_ean(said.get("cEAN", "")),
        group=said.get("NCM", "")[:20],
        description=" ".join(said.get("xProd", "").split())[:_MOST_DESCRIPTION],
    )


def _ean(text: str) -> str:
    return text if text.isdecimal() and text.isascii() and len(text) in (8, 12, 13, 14) else ""


# What the law adds to the price of goods; in a shop nearly always nothing.
_ON_TOP = ("vST", "vFCPST", "vICMSMonoReten", "vII", "vIPI", "vIPIDevol")


def _on_top(total: Mapping[str, str]) -> int:
    return sum(minor(total.get(name, ""), name) for name in _ON_TOP)


def _with_taxes_on_top(lines: list[PaperLine], total: Mapping[str, str]) -> list[PaperLine]:
    on_top = _on_top(total)
    if not on_top:
        return lines
    parts = shares(on_top, [max(0, line.amount - line.discount) for line in lines])
    return [replace(line, amount=line.amount + part) for line, part in zip(lines, parts, strict=True)]


def _sums(lines: list[PaperLine], total: Mapping[str, str], to_pay: int) -> list[str]:
    """What does not add up."""
    faults = []
    said = minor(total.get("vProd", ""), "vProd")
    extra = sum(minor(total.get(name, ""), name) for name in ("vOutro", "vFrete", "vSeg"))
    gross = sum(line.amount for line in lines)
    if gross != said + extra:
        faults.append(f"the items come to {money(gross)}, the receipt says {money(said + extra)}")
    net = gross - sum(line.discount for line in lines) + _on_top(total)
    spared = minor(total.get("vICMSDeson", ""), "vICMSDeson")
    if to_pay not in (net, net - spared):
        faults.append(f"items less discounts come to {money(net)}, the receipt's total is {money(to_pay)}")
    if any(line.discount > line.amount for line in lines):
        faults.append("a discount is larger than its item")
    return faults


# Payments


def _payments(inf: Any) -> tuple[list[Payment], int]:
    """How it was paid, and the change given back."""
    found = []
    for paid in inf.iterfind("{*}pag/{*}detPag"):
        code = text_of(paid, "tPag")
        if code != _NO_PAYMENT:
            found.append(Payment(PAYMENT_KINDS.get(code, "other"), minor(text_of(paid, "vPag"), "vPag")))
    return found, minor(text_of(inf, "pag", "vTroco"), "vTroco")


# Returns and cancellations


def _return(inf: Any, ide: Any) -> Item:
    keys = [text.text or "" for text in ide.iterfind("{*}NFref/{*}refNFe")]
    places = [found for key in keys if (found := place_of_key(key.strip()))]
    if not places:
        return no("This return names no receipt (refNFe): it can only be entered as an adjustment, with a reason.")
    lines = [line for det in inf.iterfind("{*}det") if (line := _line(det)) is not None]
    place, _ = places[0]
    originals = [Original(*each) for each in places]
    back = tuple(
        BackLine(originals[0], line.product, line.quantity, line.amount - line.discount, line.ean, line.description)
        for line in lines
    )
    wrong = "" if len(set(originals)) == 1 else "it names several receipts; which goods are of which is not said"
    own = Place(bare_tax_id(_issuer(inf)), place.till)
    return GoodsBack(own, inf.get("Id", "")[:60], moment(text_of(ide, "dhEmi"), "dhEmi"), back, wrong)


def _event(inf: Any) -> Item:
    """A cancellation that the authority registered."""
    kind = text_of(inf, "tpEvento")
    if kind not in _CANCELS:
        return LeftOut("an event that cancels nothing")
    if text_of(inf, "tpAmb") != "1":
        return no("This event was made in the test environment: it cancels nothing.")
    status = text_of(inf, "cStat")
    if status not in _REGISTERED:
        return no(f"The authority did not register this event (cStat {status or 'missing'}).")
    found = place_of_key(text_of(inf, "chNFe"))
    if found is None:
        raise Wrong("chNFe", "the event names no receipt")
    at = _asked_at(inf) or text_of(inf, "dhRegEvento")
    return Void(Original(*found), kind, moment(at, "dhEvento"))


def _asked_at(answer: Any) -> str:
    """When the event was made, from what was asked, which stands beside the authority's answer."""
    wrapper = answer.getparent().getparent()
    asked = first(wrapper, "dhEvento") if wrapper is not None else None
    return (asked.text or "").strip() if asked is not None else ""
