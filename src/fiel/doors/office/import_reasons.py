"""Why rows of files did not come in, in the person's language.

Readers of files run in the shop too, and what they say goes over the wire to the books: it is English, as what is told
to till makers. So a reason is known again here by its sentence, and said anew. One that is not known stays as it is.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import lru_cache
from io import StringIO

from django.utils.translation import get_language, gettext, gettext_noop
from django.utils.translation import gettext as _

from fiel.doors.office.import_columns import COLUMNS
from fiel.doors.words import IDENTIFIERS

__all__ = ["REASONS", "place_in_words", "reason_in_words", "refused_in_words"]

REASONS: tuple[str, ...] = (
    gettext_noop(
        "The authority has not authorised this receipt, made in contingency; it counts once its protocol is with it."
    ),
    gettext_noop("This invoice takes something back and names no other: enter it as an adjustment, with a reason."),
    gettext_noop("This return names no receipt (refNFe): it can only be entered as an adjustment, with a reason."),
    gettext_noop("This is the number of a bank card, which is never kept here; give the customer another card."),
    gettext_noop("This credit note names no invoice: it can only be entered as an adjustment, with a reason."),
    gettext_noop("This is what the till asked the SAT to authorise, not the receipt: it has no access key."),
    gettext_noop("This tax id stands for nobody in particular; leave the field empty, or ask the customer."),
    gettext_noop("The authority has not authorised this receipt; it counts once its protocol is with it."),
    gettext_noop("This SAF-T has another layout; PT 1.04_01 is read. Export it again in that version."),
    gettext_noop("This receipt was authorised in the test environment: it has no fiscal value."),
    gettext_noop("This receipt was made in the test environment: it has no fiscal value."),
    gettext_noop("a line names several invoices; which goods are of which is not said"),
    gettext_noop("it corrects several invoices; which goods are of which is not said"),
    gettext_noop("This event was made in the test environment: it cancels nothing."),
    gettext_noop("this order takes goods back and names no other (refunded_order)"),
    gettext_noop("it names several receipts; which goods are of which is not said"),
    gettext_noop("This is not an e-mail address; write it like ana@example.com."),
    gettext_noop("the archive unpacks to more than 8 GB; the rest was not read"),
    gettext_noop("a text holds NUL, or half a character: neither can be kept"),
    gettext_noop("the file has a DTD, which no receipt has; it was not read"),
    gettext_noop("There is no programme yet, so nothing can be counted."),
    gettext_noop("The return lies in the future: set the till's clock."),
    gettext_noop("an order that is not paid yet; it counts when it is"),
    gettext_noop("The sale lies in the future: set the till's clock."),
    gettext_noop("This receipt has no access key of 44 characters."),
    gettext_noop("The authority has not registered this event."),
    gettext_noop("the line has more than a million characters"),
    gettext_noop("Everything of this sale has been returned."),
    gettext_noop("The sale has figures that cannot be right."),
    gettext_noop("a line of more than a million characters"),
    gettext_noop("A CF-e without infCFe holds no receipt."),
    gettext_noop("the department would lie within itself"),
    gettext_noop("write an object: a sale, or a member"),
    gettext_noop("This credit note gives nothing back."),
    gettext_noop("This card belongs to another member."),
    gettext_noop("a discount is larger than its item"),
    gettext_noop("the cancellation names no receipt"),
    gettext_noop("an NFC-e that is no ordinary sale"),
    gettext_noop("An opening balance is above zero."),
    gettext_noop("the ZIP is broken or not whole"),
    gettext_noop("this file of the ZIP is broken"),
    gettext_noop("A return comes after its sale."),
    gettext_noop("an event that cancels nothing"),
    gettext_noop("a summary of other documents"),
    gettext_noop("it is locked with a password"),
    gettext_noop("it both takes back and adds"),
    gettext_noop("No member is known by this."),
    gettext_noop("the order has no reference"),
    gettext_noop("the event names no receipt"),
    gettext_noop("the figures are of no till"),
    gettext_noop("an order that is not paid"),
    gettext_noop("the receipt has no totals"),
    gettext_noop("the amount is of no till"),
    gettext_noop("This cannot be returned."),
    gettext_noop("a refund of money alone"),
    gettext_noop("a cancelled credit note"),
    gettext_noop("an item has no product"),
    gettext_noop("an order is an object"),
    gettext_noop("nothing is sold on it"),
    gettext_noop("This card is blocked."),
    gettext_noop("this line is no JSON"),
    gettext_noop("this line is no sale"),
    gettext_noop("the order has no id"),
    gettext_noop("already known here"),
    gettext_noop("this is no JSON"),
    gettext_noop("this is needed"),
    gettext_noop("name the store"),
    gettext_noop("of no version"),
    gettext_noop("a test order"),
    gettext_noop("Brazil"),
    gettext_noop("Spain"),
    gettext_noop(
        "nobody can tell what these columns are: %(names)s. Say it once, it will be remembered: --column "
        "'Their name=ours', and --kind sales, members, products or groups"
    ),
    gettext_noop("This is not a %(kind)s: its check digits or its length do not fit; compare it with the document."),
    gettext_noop("This is not a phone number of %(country)s; write it with area code, or with + and country code."),
    gettext_noop("it unpacks to more than %(n)s times its size, as no receipt does; it was not read on"),
    gettext_noop("%(what)s was sold for another price than it is returned for: enter it as an adjustment."),
    gettext_noop("nobody can tell what this file holds; name its format with --format."),
    gettext_noop("The sale is older than %(n)s days: the office can bring it in as history."),
    gettext_noop("A document of model %(model)s is no consumer's receipt; model 65 (NFC-e) is."),
    gettext_noop("%(text)s is no time; write 2026-11-22T10:15:00-03:00, or 22/11/2026 10:15"),
    gettext_noop("Receipt %(number)s of that day and till was recorded with other content."),
    gettext_noop("%(size)s MB without a record that this format has; it was not read on"),
    gettext_noop("This key is for the store %(store)s alone; the paper is of another."),
    gettext_noop("The receipt does not have so much left of %(what)s to be returned."),
    gettext_noop("This receipt has the layout %(layout)s; the layout 4.00 is read."),
    gettext_noop("The authority did not authorise this receipt (cStat %(status)s)."),
    gettext_noop("The authority did not register this event (cStat %(status)s)."),
    gettext_noop("A card number is 1 to %(n)s digits and letters A to Z."),
    gettext_noop("the file is larger than %(most)s MB: export fewer orders"),
    gettext_noop("No store has the tax id %(tax_id)s: enter it at the store."),
    gettext_noop("a tag has 1 to %(n)s characters, none of them a comma"),
    gettext_noop("archives within archives are read %(n)s levels deep"),
    gettext_noop("%(file)s is of an old Excel: save it as .xlsx or .csv."),
    gettext_noop("a birth date lies in the past, and not before %(year)s"),
    gettext_noop("a sale of more than %(n)s rows; they were left out"),
    gettext_noop("This TicketBAI has the layout %(layout)s; 1.x is read."),
    gettext_noop("%(text)s is no date; write 1987-04-23 or 23/04/1987"),
    gettext_noop("all tags together have at most %(n)s characters"),
    gettext_noop("A %(kind)s holds no receipt and no cancellation."),
    gettext_noop("more than %(n)s customers; it was not read on"),
    gettext_noop("A member with this %(kind)s is already enrolled."),
    gettext_noop("Return %(number)s was recorded with other content."),
    gettext_noop("nothing tells who this is: fill one of %(columns)s"),
    gettext_noop("more than %(n)s products; it was not read on"),
    gettext_noop("more than %(n)s files; the rest was not read"),
    gettext_noop("nobody joins in the future, nor before %(year)s"),
    gettext_noop("a document of type %(kind)s, which is no sale"),
    gettext_noop("%(what)s was brought over for another member."),
    gettext_noop("%(what)s was brought over with other figures."),
    gettext_noop("%(text)s is no day; it is written 31-12-2026"),
    gettext_noop("%(code)s comes twice, with different content"),
    gettext_noop("there were no receipts in the year %(year)s"),
    gettext_noop("There is no unit %(unit)s in the programme."),
    gettext_noop("the file ends or breaks off here: %(error)s"),
    gettext_noop("at most %(n)s characters, and no commas"),
    gettext_noop("departments have at most %(n)s levels"),
    gettext_noop("The receipt does not add up: %(why)s."),
    gettext_noop("what follows cannot be read: %(error)s"),
    gettext_noop("The return cannot be taken: %(why)s."),
    gettext_noop("the file cannot be opened: %(error)s"),
    gettext_noop("a code has 1 to %(n)s characters"),
    gettext_noop("%(text)s is no number of a receipt"),
    gettext_noop("the file is no whole XML: %(error)s"),
    gettext_noop("The sale cannot be kept: %(why)s."),
    gettext_noop("the workbook is broken: %(error)s"),
    gettext_noop("there is no department %(department)s"),
    gettext_noop("at most %(n)s characters"),
    gettext_noop("%(text)s lies too far away"),
    gettext_noop("There is no file %(file)s."),
    gettext_noop("at most %(n)s lines"),
    gettext_noop("%(text)s is no number"),
    gettext_noop("%(text)s is no time"),
    gettext_noop("the topic %(topic)s"),
    gettext_noop("%(file)s is empty."),
    gettext_noop("%(n)s more rows"),
    gettext_noop("%(what)s is not a phone number of %(country)s; write it with area code, or with + and country code."),
    gettext_noop("items less discounts come to %(sum)s, the receipt's total is %(total)s"),
    gettext_noop("the lines with VAT come to %(sum)s, the document's total is %(total)s"),
    gettext_noop("goods and freight come to %(sum)s, the order's total is %(total)s"),
    gettext_noop("Receipt %(number)s of %(place)s is not here yet; this waits for it."),
    gettext_noop("the file has %(size)s MB; one receipt has at most %(most)s MB"),
    gettext_noop("the lines come to %(sum)s, the invoice's total is %(total)s"),
    gettext_noop("payments come to %(sum)s, the document's total is %(total)s"),
    gettext_noop("the items come to %(sum)s, the receipt's total is %(total)s"),
    gettext_noop("payments come to %(sum)s, the receipt's total is %(total)s"),
    gettext_noop("the lines come to %(sum)s, the order's total is %(total)s"),
    gettext_noop("%(text)s is no kind of payment; choose one of %(kinds)s"),
    gettext_noop("the items come to %(sum)s, the receipt says %(total)s"),
    gettext_noop("%(unit)s are counted with %(n)s decimals."),
    gettext_noop("%(text)s has more than %(n)s decimals"),
    gettext_noop("%(business)s has no store %(store)s."),
    gettext_noop(
        "%(n)s stores have the tax id %(tax_id)s, and the receipt does not tell which: enter its series "
        "%(series)s as a till of its store."
    ),
    gettext_noop(
        "%(n)s stores might be %(branch)s, and the receipt does not tell which: enter its series "
        "%(series)s as a till of its store."
    ),
    gettext_noop("The check digit of card %(number)s should be %(expected)s, not %(found)s; read the number again."),
    gettext_noop("%(part)s unpacks to %(size)s MB; at most %(most)s MB are read"),
    gettext_noop("The receipt is in %(theirs)s; %(business)s counts %(ours)s."),
)
"""What can be said of a row, the most exact first; each once in the sources of `intake`, `core` and below."""

_PLACE = re.compile(r"(.*\b)(row|rows|line) ([0-9-]+)")
_AT = re.compile(r"([\w/.-]+|'[^']*'): (.+)", re.DOTALL)
_FIELD = re.compile(r"%\((\w+)\)s")
_SENTENCES = frozenset({"why", "layout", "country"})
"""Fields that hold a sentence or a word of ours themselves."""


def _pattern(sentence: str) -> tuple[str, re.Pattern[str], str]:
    """The longest of its own words, which is looked for first, and how the whole is known again."""
    words = _FIELD.split(sentence)
    parts = [f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(words)]
    return max(words[::2], key=len), re.compile("".join(parts), re.DOTALL), sentence


_PATTERNS = tuple(map(_pattern, REASONS))


def reason_in_words(reason: str) -> str:
    """A reason as the person reads it."""
    return _in_language(reason, get_language() or "en")


@lru_cache(maxsize=4096)
def _in_language(reason: str, language: str) -> str:
    """`language`: the one that is spoken, for what is kept of it."""
    return reason if language.startswith("en") else _said(reason) or reason


def _said(reason: str) -> str:
    """A reason anew; empty where it is not known."""
    return _of_column(reason) or _of_several(reason) or _of_one(reason)


def _of_column(reason: str) -> str:
    """What is wrong with a column or a code, which stands before it."""
    at = _AT.fullmatch(reason)
    said = at and (_said(at[2]) or (at[2].endswith(".") and f"{_said(at[2][:-1])}."))
    return f"{COLUMNS.get(at[1], at[1])}: {said}" if at and said and said != "." else ""


def _of_several(reason: str) -> str:
    parts = reason.split("; ")
    said = [_said(part) for part in parts] if len(parts) > 1 else []
    return "; ".join(said) if all(said) else ""


def _of_one(reason: str) -> str:
    for words, pattern, sentence in _PATTERNS:
        if words in reason and (found := pattern.fullmatch(reason)):
            return gettext(sentence) % {name: _value(name, said) for name, said in found.groupdict().items()}
    return ""


def _value(name: str, said: str) -> str:
    """What stands in a sentence: names of ours in words, whatever stood in the file as it is."""
    if name in _SENTENCES:
        return reason_in_words(said)
    if name == "columns":
        return ", ".join(str(COLUMNS.get(each, each)) for each in said.split(", "))
    return str(IDENTIFIERS.get(said, said)) if name == "kind" else said


def place_in_words(place: str) -> str:
    """Where a row stands: the row or line of a file."""
    found = _PLACE.fullmatch(place)
    return found[1] + _("row %(n)s") % {"n": found[3]} if found else place


def refused_in_words(table: bytes) -> bytes:
    """The table of refused rows with its head, places and reasons as the person reads them."""
    rows = csv.reader(StringIO(table.decode("utf-8-sig"), newline=""))
    file = StringIO(newline="")
    writer = csv.writer(file)
    next(rows, None)
    writer.writerow((_("file"), _("place"), _("code"), _("reason"), _("kept aside"), _("row")))
    yes_no: Mapping[str, str] = {"yes": _("yes"), "no": _("no")}
    for name, place, code, reason, aside, text in rows:
        writer.writerow((name, place_in_words(place), code, reason_in_words(reason), yes_no.get(aside, aside), text))
    return ("\ufeff" + file.getvalue()).encode()
